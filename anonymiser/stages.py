"""The one place that loads networks and hands them to the adapters that run them."""

from __future__ import annotations

from dataclasses import dataclass

from anonymiser.detect.blazeface import BlazeFace
from anonymiser.detect.blazepose import BlazePose
from anonymiser.detect.centerface import CenterFace
from anonymiser.detect.detector import CombinedDetector
from anonymiser.detect.filtered import FilteredDetector
from anonymiser.detect.interface import FaceDetector, HeadFinder
from anonymiser.detect.people import PersonFinder
from anonymiser.detect.yunet import YuNet
from anonymiser.labels.interface import TextReader
from anonymiser.labels.ppocr import PpOcrReader
from anonymiser.recognise.embed import SFaceEmbedder
from anonymiser.recognise.interface import FaceEmbedder
from anonymiser.suitability.classifier import PhotoClassifier
from anonymiser.suitability.interface import SuitabilityClassifier
from anonymiser.suitability.swimwear import SwimwearModel
from anonymiser.suitability.unsuitable import UnsuitableModel
from anonymiser.weights import ModelId, model_sha256, session


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


def load_stages() -> Stages:
    """The product's own networks, each on one thread. Raises ModelError if one cannot be loaded."""
    detector = FilteredDetector(load_detector(), YuNet(session(ModelId.YUNET)))
    return Stages(load_classifier(), detector, load_head_finder(), load_embedder(), load_reader())


def load_classifier() -> PhotoClassifier:
    """EfficientNet-Lite2 and open_nsfw. Raises ModelError as `load_stages`."""
    return PhotoClassifier(
        SwimwearModel(session(ModelId.EFFICIENTNET_LITE2)), UnsuitableModel(session(ModelId.OPEN_NSFW))
    )


def load_detector() -> CombinedDetector:
    """YuNet, CenterFace and BlazeFace. Raises ModelError as `load_stages`."""
    return CombinedDetector(
        yunet=YuNet(session(ModelId.YUNET)),
        centerface=CenterFace(session(ModelId.CENTERFACE)),
        blazeface=BlazeFace(session(ModelId.BLAZEFACE)),
    )


def load_head_finder() -> PersonFinder:
    """BlazePose. Raises ModelError as `load_stages`."""
    return PersonFinder(BlazePose(session(ModelId.BLAZEPOSE)))


def load_embedder() -> SFaceEmbedder:
    """SFace. Raises ModelError as `load_stages`."""
    return SFaceEmbedder(session(ModelId.SFACE), model_sha256(ModelId.SFACE))


def load_reader() -> PpOcrReader:
    """PP-OCR. Raises ModelError as `load_stages`."""
    recogniser = session(ModelId.TEXT_READER)
    characters = recogniser.get_modelmeta().custom_metadata_map["character"].splitlines()
    return PpOcrReader(session(ModelId.TEXT_DETECTOR), recogniser, characters)
