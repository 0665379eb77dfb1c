"""How well people are told apart: the recipe of today against the one before it, on the same draws.

    python benchmarks/open_set.py PEOPLE [--strangers FOLDER] [--pairs FOLDER] [--enrolled 30] [--others 0] [--draws 20]

PEOPLE holds identities.json ({"person": ["photo.jpg", ...]}) and images/. The photos in FOLDER/images are strangers
beside those of PEOPLE who are not enrolled, except those whose file is called after one of PEOPLE (person_0001.jpg).
With --pairs, the pairs in FOLDER/pairs.json ([a, b, same]) are compared one with one. Nothing is kept.
"""

from __future__ import annotations

import argparse
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from anonymiser.evaluate.identity import (
    EVERYBODY,
    NamedFaces,
    Plan,
    Scored,
    as_published,
    describe_people,
    evaluate,
    load_identities,
)
from anonymiser.recognise.embed import normalised
from anonymiser.recognise.score import Scores, person_scores
from anonymiser.stages import load_detector, load_embedder
from anonymiser.values.identity import MARGIN, SURE_BY_RISK, Embedding, Gallery, Thresholds
from anonymiser.values.people import PersonId


def before(embeddings: Embedding, gallery: Gallery) -> tuple[Scores, Scores]:
    """The earlier recipe: raw cosine to the mean template; sure from 0.53 on, and 0.10 more for a tenfold gallery."""
    people = range(len(gallery.people))
    means = normalised(np.stack([gallery.templates[gallery.owner == row].mean(0) for row in people]))
    sure = 0.53 + 0.10 * max(0.0, math.log10(len(gallery.people) / 10))
    return embeddings @ means.T, np.full(len(people), sure, np.float32)


def together(people: NamedFaces, strangers: NamedFaces) -> NamedFaces:
    """Both; nobody of the second can be enrolled, and photos of anybody in the first are left out of it."""
    names = [_name(file) for file in strangers.person]
    rows = [row for row, name in enumerate(names) if name not in set(people.person)]
    return NamedFaces(
        people.person + tuple(names[row] for row in rows),
        people.group + tuple(strangers.group[row] for row in rows),
        np.concatenate([people.embeddings, strangers.embeddings[rows]]),
        np.concatenate([people.templates, strangers.templates[rows]]),
        np.concatenate([people.fit_to_match, strangers.fit_to_match[rows]]),
        np.concatenate([people.fit_to_enrol, np.zeros(len(rows), bool)]),
        people.unusable + strangers.unusable,
    )


def compare(faces: NamedFaces, enrolled: int, others: int, draws: int, photos: Sequence[int] = (1, 2, 3)) -> None:
    """Print the share of the enrolled people's photos that are kept, and of strangers' faces that are."""
    print(f"{enrolled} enrolled, {others} in other groups, {draws} draws; kept of their other photos / of strangers")
    recipes: tuple[tuple[str, Scored, NamedFaces], ...] = (
        ("before", before, replace(faces, templates=faces.embeddings)),
        ("now", as_published, faces),
    )
    for each in photos:
        for name, scored, described in recipes:
            (curve,) = evaluate(described, Plan(enrolled, each, draws, others), scored=scored)
            risks = SURE_BY_RISK.items() if name == "now" else ((0, max(SURE_BY_RISK.values())),)
            for one_in, sure in risks:
                strangers, kept = curve.at(sure)
                what = f"1 in {one_in:,}" if one_in else "default"
                wrong = round(strangers * curve.stranger_faces)
                print(
                    f"  {each} photos  {name:6} {what:10} {kept:7.2%} / {strangers:.3%} "
                    f"({wrong} of {curve.stranger_faces}, {curve.stranger_faces // draws} a draw)"
                )


def compare_pairs(faces: NamedFaces, pairs: Sequence[tuple[str, str, int]], people: NamedFaces) -> None:
    """Print how many pairs are told apart at the best threshold; each photo is enrolled, and the other is the face.

    Alone, and with two photos of each of `people` as company, without the people of the pair.
    """
    row = {name: number for number, name in enumerate(faces.person)}
    usable = [(row[a], row[b], same) for a, b, same in pairs if a in row and b in row]
    same = np.array([pair[2] for pair in usable], bool)
    owner = np.array(people.person)
    company = {
        name: people.templates[np.flatnonzero((owner == name) & people.fit_to_enrol)[:2]].mean(0)
        for name in sorted(set(people.person))
    }

    def scores(company: Mapping[str, Embedding]) -> NDArray[np.floating]:
        found = []
        for a, b, _ in usable:
            pair = {_name(faces.person[a]), _name(faces.person[b])}
            cohort = np.array([row for name, row in company.items() if name not in pair], np.float32).reshape(-1, 128)
            found.append((_score(faces, a, b, cohort) + _score(faces, b, a, cohort)) / 2)
        return np.array(found)

    raw = np.array([faces.embeddings[a] @ faces.embeddings[b] for a, b, _ in usable])
    for name, found in (("before", raw), ("now, alone", scores({})), ("now, in company", scores(company))):
        accuracy = max(float(((found >= at) == same).mean()) for at in found)
        print(f"{len(usable)} pairs, {name}: {accuracy:.2%} at the best threshold")


def _score(faces: NamedFaces, enrolled: int, face: int, cohort: Embedding) -> float:
    thresholds = Thresholds.standard(max(SURE_BY_RISK), MARGIN)
    gallery = Gallery((PersonId("a"),), faces.templates[enrolled, None], np.zeros(1, np.intp), thresholds, cohort)
    return float(person_scores(faces.embeddings[face, None], gallery)[0, 0])


def _name(file: str) -> str:
    """Whom a file is called after: person_0001.jpg."""
    return re.sub(r"_\d+\.\w+$", "", file)


def each_alone(folder: Path) -> NamedFaces:
    """Every photo of FOLDER/images as a person of their own, called after the file."""
    photos = {path.name: (path,) for path in sorted((folder / "images").iterdir())}
    return describe_people(photos, {}, load_detector(), load_embedder())


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("people", type=Path)
    parser.add_argument("--strangers", type=Path)
    parser.add_argument("--pairs", type=Path)
    parser.add_argument("--enrolled", type=int, default=30)
    parser.add_argument("--others", type=int, default=0)
    parser.add_argument("--draws", type=int, default=20)
    options = parser.parse_args()
    photos, _ = load_identities(options.people)
    faces = people = describe_people(photos, dict.fromkeys(photos, EVERYBODY), load_detector(), load_embedder())
    folders = {folder: each_alone(folder) for folder in {options.strangers, options.pairs} - {None}}
    if options.strangers:
        faces = together(faces, folders[options.strangers])
    compare(faces, options.enrolled, options.others, options.draws)
    if options.pairs:
        pairs = json.loads((options.pairs / "pairs.json").read_text(encoding="utf-8"))
        compare_pairs(folders[options.pairs], pairs, people)


if __name__ == "__main__":
    main()
