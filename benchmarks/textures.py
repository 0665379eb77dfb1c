"""Backgrounds that a text detector may take for text: walls, boards, hedges and cloth, different for every seed."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

Texture = NDArray[np.uint8]


def _noise(rng: np.random.Generator, height: int, width: int, sigma: float) -> NDArray[np.float32]:
    """Smooth noise of standard deviation 1."""
    small = rng.normal(size=(int(height / sigma) + 4, int(width / sigma) + 4)).astype(np.float32)
    noise = cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
    return noise / max(float(noise.std()), 1e-6)


def _coloured(shade: NDArray[np.float32], colour: tuple[int, int, int]) -> Texture:
    """`shade`, around 1, times a colour."""
    return (shade[..., None] * np.array(colour, np.float32)).clip(0, 255).astype(np.uint8)


def brick(rng: np.random.Generator, height: int, width: int) -> Texture:
    """A wall of courses, half a brick apart, as far away as in a group photo: the hardest ground of all."""
    course = int(rng.integers(8, 13))
    length, joint = round(course * rng.uniform(1.9, 2.4)), max(1, course // 6)
    y, x = np.mgrid[:height, :width]
    row = y // course
    shifted = x + (row % 2) * (length // 2)
    joints = (y % course < joint) | (shifted % length < joint)
    tone = rng.normal(0, 6, (height // course + 1, width // length + 2))
    colour = np.array(rng.choice([(150, 75, 60), (120, 70, 60), (165, 150, 130)]), np.float32)
    wall = colour + tone[row, shifted // length, None].astype(np.float32)
    wall[joints] = colour + rng.uniform(50, 100)
    blurred = cv2.GaussianBlur(wall, (0, 0), float(rng.uniform(0.5, 1.1)))
    return blurred.clip(0, 255).astype(np.uint8)


def wood(rng: np.random.Generator, height: int, width: int) -> Texture:
    """Boards with grain."""
    board = int(rng.integers(40, 140))
    grain = cv2.resize(rng.normal(size=(height, max(2, width // 60))).astype(np.float32), (width, height))
    shade = 1 + 0.13 * grain + 0.08 * _noise(rng, height, width, 25)
    shade[np.arange(height) % board < 2] = 0.4
    return _coloured(shade, (170, 120, 75))


def leaves(rng: np.random.Generator, height: int, width: int) -> Texture:
    """A hedge: ellipses of many greens over one another."""
    hedge = np.full((height, width, 3), (30, 50, 25), np.uint8)
    size = float(rng.uniform(6, 18))
    for _ in range(int(3 * height * width / size**2)):
        centre = int(rng.integers(width)), int(rng.integers(height))
        axes = int(size * rng.uniform(0.5, 1)), int(size * rng.uniform(0.2, 0.5))
        green = np.array([60, 120, 40]) * rng.uniform(0.4, 1.7) + rng.normal(0, 8, 3)
        cv2.ellipse(
            hedge, centre, axes, float(rng.uniform(0, 180)), 0, 360, green.clip(0, 255).tolist(), -1, cv2.LINE_AA
        )
    return hedge


def stripes(rng: np.random.Generator, height: int, width: int) -> Texture:
    """Slats, blinds or a striped shirt at any angle."""
    period, angle = rng.uniform(6, 40), rng.uniform(0, np.pi)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    wave = np.tanh(4 * np.sin(2 * np.pi * (x * np.cos(angle) + y * np.sin(angle)) / period))
    return _coloured((1 + rng.uniform(0.2, 0.6) * wave).astype(np.float32), (130, 135, 150))


def noise(rng: np.random.Generator, height: int, width: int) -> Texture:
    """Plaster, gravel or a dark hall at high sensitivity."""
    shade = 1 + 0.25 * _noise(rng, height, width, float(rng.uniform(1, 4)))
    return _coloured(shade, (135, 130, 125))


def cork(rng: np.random.Generator, height: int, width: int) -> Texture:
    """A notice board: grains of two sizes."""
    shade = 1 + 0.12 * _noise(rng, height, width, 3) + 0.1 * _noise(rng, height, width, 8)
    shade -= 0.4 * (_noise(rng, height, width, 4) > 1.8)
    return _coloured(shade, (190, 145, 95))


def books(rng: np.random.Generator, height: int, width: int) -> Texture:
    """Shelves of backs of books."""
    shelf, pixels = int(rng.integers(50, 130)), np.zeros((height, width, 3), np.uint8)
    for top in range(0, height, shelf):
        left = 0
        while left < width:
            thick = int(rng.integers(5, 24))
            pixels[top + int(rng.integers(0, shelf // 4)) : top + shelf - 4, left : left + thick - 1] = rng.integers(
                30, 230, 3
            )
            left += thick
    return pixels


def fence(rng: np.random.Generator, height: int, width: int) -> Texture:
    """A lattice before a lawn."""
    pitch = int(rng.integers(10, 40))
    lawn = _coloured(1 + 0.2 * _noise(rng, height, width, 3), (80, 120, 60))
    y, x = np.mgrid[:height, :width]
    lawn[((x + y) % pitch < 3) | ((x - y) % pitch < 3)] = (215, 215, 210)
    return lawn


TEXTURES: dict[str, Callable[[np.random.Generator, int, int], Texture]] = {
    make.__name__: make for make in (brick, wood, leaves, stripes, noise, cork, books, fence)
}
