"""The one place that loads networks and hands them to the adapters that run them."""

from __future__ import annotations

from dataclasses import dataclass

from anonymiser.detect.blazeface import BlazeFace
from anonymiser.detect.blazeface_short_range import BlazeFaceShortRange
from anonymiser.detect.blazepose import BlazePose
from anonymiser.detect.centerface import CenterFace
from anonymiser.detect.detector import CombinedDetector
from anonymiser.detect.filtered import FilteredDetector
from anonymiser.detect.interface import FaceDetector, HeadFinder, TileDetector
from anonymiser.detect.mediapipe_runtime import MediaPipeBlazeFace, MediaPipeBlazePose
from anonymiser.detect.people import PersonFinder
from anonymiser.detect.yunet import YuNet
from anonymiser.labels.interface import TextReader
from anonymiser.labels.ppocr import PpOcrReader
from anonymiser.recognise.embed import SFaceEmbedder
from anonymiser.recognise.interface import FaceEmbedder
from anonymiser.settings import Runtime
from anonymiser.suitability.classifier import PhotoClassifier
from anonymiser.suitability.interface import SuitabilityClassifier
from anonymiser.suitability.swimwear import SwimwearModel
from anonymiser.suitability.unsuitable import UnsuitableModel
from anonymiser.weights import ModelId, model_file, model_sha256, session


@dataclass(frozen=True, slots=True)
class Stages:
    """Everything that examines a photo, loaded once for each process; tests hand in their own."""

    classifier: SuitabilityClassifier
    """Scores of the photo as a whole."""
    detector: FaceDetector
    """Finds faces."""
    people: HeadFinder
    """A second opinion: finds heads by their bodies."""
    embedder: FaceEmbedder
    """Makes faces comparable."""
    reader: TextReader
    """Reads text."""


def load_stages(runtime: Runtime = Runtime.ONNXRUNTIME) -> Stages:
    """Every network, each on one thread; `runtime` runs BlazeFace (full range) and BlazePose.

    Raises ModelError if a network, or the runtime that is asked for, cannot be loaded.
    """
    detector = FilteredDetector(
        load_detector(runtime), YuNet(session(ModelId.YUNET)), CenterFace(session(ModelId.CENTERFACE))
    )
    return Stages(load_classifier(), detector, load_head_finder(runtime), load_embedder(), load_reader())


def load_classifier() -> PhotoClassifier:
    """EfficientNet-Lite2 and open_nsfw. Raises ModelError as `load_stages`."""
    return PhotoClassifier(
        SwimwearModel(session(ModelId.EFFICIENTNET_LITE2)), UnsuitableModel(session(ModelId.OPEN_NSFW))
    )


def load_detector(runtime: Runtime = Runtime.ONNXRUNTIME) -> CombinedDetector:
    """YuNet, CenterFace and both BlazeFaces. Raises ModelError as `load_stages`."""
    return CombinedDetector(
        yunet=YuNet(session(ModelId.YUNET)),
        centerface=CenterFace(session(ModelId.CENTERFACE)),
        blazeface=load_blazeface(runtime),
        short_range=BlazeFaceShortRange(session(ModelId.BLAZEFACE_SHORT_RANGE)),
    )


def load_blazeface(runtime: Runtime) -> TileDetector:
    """BlazeFace (full range) alone. Raises ModelError as `load_stages`."""
    match runtime:
        case Runtime.ONNXRUNTIME:
            return BlazeFace(session(ModelId.BLAZEFACE))
        case Runtime.MEDIAPIPE:
            return MediaPipeBlazeFace(model_file(ModelId.BLAZEFACE_ORIGINAL))


def load_head_finder(runtime: Runtime = Runtime.ONNXRUNTIME) -> PersonFinder:
    """BlazePose on a whole photo. Raises ModelError as `load_stages`."""
    return PersonFinder(load_blazepose(runtime))


def load_blazepose(runtime: Runtime) -> TileDetector:
    """BlazePose alone. Raises ModelError as `load_stages`."""
    match runtime:
        case Runtime.ONNXRUNTIME:
            return BlazePose(session(ModelId.BLAZEPOSE))
        case Runtime.MEDIAPIPE:
            return MediaPipeBlazePose(model_file(ModelId.BLAZEPOSE_ORIGINAL))


def load_embedder() -> SFaceEmbedder:
    """SFace. Raises ModelError as `load_stages`."""
    return SFaceEmbedder(session(ModelId.SFACE), model_sha256(ModelId.SFACE))


def load_reader() -> PpOcrReader:
    """PP-OCR. Raises ModelError as `load_stages`."""
    recogniser = session(ModelId.TEXT_READER)
    characters = recogniser.get_modelmeta().custom_metadata_map["character"].splitlines()
    return PpOcrReader(session(ModelId.TEXT_DETECTOR), recogniser, characters)
