"""The description that MediaPipe's ObjectDetector task asks of a model file, for BlazePose's person detector.

In the format of TensorFlow Lite's metadata, by the schemas that MediaPipe's wheel brings; its own writer of that format
does not start in MediaPipe 1.2.3, because a native part of it is missing there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from anonymiser.detect import blazepose

_Foreign = Any
"""A module or table of MediaPipe's schemas, which have no types."""


def described(model: bytes) -> bytes:
    """BlazePose's file with the description in place of its own: where the anchors are, and how boxes are coded.

    Raises ImportError or AttributeError where the schemas are missing or others.
    """
    from mediapipe.tasks.metadata import metadata_schema_py_generated as metadata  # noqa: PLC0415 - not always there
    from mediapipe.tasks.metadata import object_detector_metadata_schema_py_generated as detector  # noqa: PLC0415
    from mediapipe.tasks.metadata import schema_py_generated as tflite  # noqa: PLC0415

    description = _packed(_description(metadata, _packed(_reading(detector), b"V001")), b"M001")
    file = tflite.ModelT.InitFromObj(tflite.Model.GetRootAsModel(model, 0))
    file.buffers.append(_table(tflite.BufferT, data=np.frombuffer(description, np.uint8)))
    name = "TFLITE_METADATA"
    file.metadata = [entry for entry in file.metadata or [] if entry.name != name.encode()]
    file.metadata.append(_table(tflite.MetadataT, name=name, buffer=len(file.buffers) - 1))
    return _packed(file, b"TFL3")


def _reading(schema: _Foreign) -> _Foreign:
    """How the outputs are to be read: blazepose.py does the same."""
    # Pairs are read as y before x, so x and y change places here, and again when the answer is read.
    anchors = [
        _table(schema.FixedAnchorT, xCenter=float(y), yCenter=float(x), width=1.0, height=1.0)
        for x, y in blazepose.anchors() / blazepose.TILE_PX
    ]
    side = float(blazepose.TILE_PX)
    decoding = _table(
        schema.TensorsDecodingOptionsT,
        numClasses=1,
        numBoxes=len(anchors),
        numCoords=12,
        keypointCoordOffset=4,
        numKeypoints=4,
        numValuesPerKeypoint=2,
        xScale=side,
        yScale=side,
        wScale=side,
        hScale=side,
        applyExponentialOnBoxSize=False,
        sigmoidScore=True,
    )
    fixed = _table(schema.FixedAnchorsSchemaT, anchors=anchors)
    return _table(
        schema.ObjectDetectorOptionsT,
        ssdAnchorsOptions=_table(schema.SsdAnchorsOptionsT, fixedAnchorsSchema=fixed),
        tensorsDecodingOptions=decoding,
    )


def _description(schema: _Foreign, reading: bytes) -> _Foreign:
    """What goes in and what comes out; pixels become -1..1."""
    to_unit = _table(
        schema.ProcessUnitT,
        optionsType=schema.ProcessUnitOptions.NormalizationOptions,
        options=_table(schema.NormalizationOptionsT, mean=[127.5], std=[127.5]),
    )
    colours = _content(schema, "ImageProperties", colorSpace=schema.ColorSpaceType.RGB)
    boxes = _content(
        schema,
        "BoundingBoxProperties",
        index=[0, 1, 2, 3],
        type=schema.BoundingBoxType.BOUNDARIES,
        coordinateType=schema.CoordinateType.RATIO,
    )
    graph = _table(
        schema.SubGraphMetadataT,
        inputTensorMetadata=[_table(schema.TensorMetadataT, name="image", content=colours, processUnits=[to_unit])],
        outputTensorMetadata=[
            _table(schema.TensorMetadataT, name="location", content=boxes),
            _table(schema.TensorMetadataT, name="score", content=_content(schema, "FeatureProperties")),
        ],
        customMetadata=[_table(schema.CustomMetadataT, name="DETECTOR_METADATA", data=list(reading))],
    )
    return _table(
        schema.ModelMetadataT, name="BlazePose person detector", minParserVersion="1.0.0", subgraphMetadata=[graph]
    )


def _content(schema: _Foreign, kind: str, **fields: object) -> _Foreign:
    return _table(
        schema.ContentT,
        contentPropertiesType=getattr(schema.ContentProperties, kind),
        contentProperties=_table(getattr(schema, f"{kind}T"), **fields),
    )


def _table(kind: Callable[[], _Foreign], **fields: object) -> _Foreign:
    """A table with these fields. Raises AttributeError where the schema has no such field."""
    table = kind()
    for name, value in fields.items():
        getattr(table, name)
        setattr(table, name, value)
    return table


def _packed(table: _Foreign, identifier: bytes) -> bytes:
    import flatbuffers  # noqa: PLC0415 - comes with mediapipe

    builder = flatbuffers.Builder(0)
    builder.Finish(table.Pack(builder), identifier)
    return bytes(builder.Output())
