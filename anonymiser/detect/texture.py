"""What lies over a photo, worked out cheaply from its pixels alone: a pattern, two levels, or hardly any contrast.

Face networks fail behind a screen of dots, a net or a fence, and on tones that are nearly the same, where a person sees
everybody. This module says when to look again (detect/filtered.py). It examines only samples: 4 megapixels take about
15 ms.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from anonymiser.values.photo import Pixels

Float32 = NDArray[np.float32]
Grey = NDArray[np.uint8]

PATCH_PX = 64
"""Side of a sample."""
ROWS, COLUMNS = 6, 8
"""At most this many samples of one copy of the photo."""
STRIDE_PX = 40
"""Least distance between samples."""
COPIES = 4
"""The photo at full, half, quarter and eighth size: periods from 2 to 100 px."""
_LEAST_CYCLES = 5
"""In a sample. Slower changes are things; a longer period is a shorter one on a smaller copy."""
_RING = 3
"""Distance at which a peak of the spectrum is compared with its surroundings: outside the window's own width."""
_LEAST_AMPLITUDE = 4.0
"""Below this root mean square, in grey levels, a pattern hides nothing: the 8 px blocks of JPEG have less."""
EVERYWHERE, SOMEWHERE = 0.6, 2.5
"""How far a peak stands out, as the logarithm of its energy divided by that of the strongest neighbour: in the mean of
all samples, and in that of 3 x 3 neighbours. Of 436 ordinary photos 2 reach this, as they did at 1.3. Of 96 photos
under meshes of 4 to 9 px and 96 under fences of 6 to 30 px all do, and of 192 under nets of 4 to 30 px all but 3%. On
pictures of 640 x 480 px, which have fewer samples, 12% of nets and 4% of fences do not; at 1.3 it was 26 and 23%."""
_LOCAL = 3
"""Samples along the side of a neighbourhood."""
GRAINY = 25.0
"""A sample is grainy (dither, halftone) if changes within 4 px have at least this root mean square, in grey levels."""
GRAINY_SHARE, GRAINY_PLACE = 0.22, 32.0
"""Share of samples, and the middle one of 3 x 3 neighbours. The grainiest of 462 ordinary photos (a crowd in a
stadium) have .17 and 27; dithered ones .29 and more."""
TWO_LEVELS = 0.9
"""Share of the pixels in two narrow ranges of grey; 462 ordinary photos have .84 at most."""
NARROW = 72
"""Grey levels between the first and the last percentile; ordinary photos have 144 and more."""


@dataclass(frozen=True, slots=True)
class Texture:
    """What lies over a photo as a whole or over a part of it."""

    periods_px: tuple[float, ...] = ()
    """Periods of regular patterns, in pixels of the photo, shortest first, without repeats."""
    grainy: bool = False
    """Fine dots without a period: dither, noise."""
    two_levels: bool = False
    """Black and white without grey."""
    narrow: bool = False
    """All tones are close together."""
    widespread: bool = False
    """Most of the photo is covered by the pattern or the dots."""

    @property
    def patterned(self) -> bool:
        """Whether something fine lies over the picture."""
        return bool(self.periods_px) or self.grainy or self.two_levels


def texture(pixels: Pixels) -> Texture:
    """Judge samples of a photo `uint8 [H, W, 3]` RGB."""
    grey: Grey = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)
    two_levels, narrow = _tones(grey)
    periods: list[float] = []
    grainy = widespread = two_levels
    for copy in range(COPIES):
        patches = samples(grey)
        if patches is None:
            break
        energy = _energy(patches)
        for period, everywhere in _periods(energy):
            periods.append(period * 2**copy)
            widespread |= everywhere
        if copy < 2:
            share, place = _grain(energy)
            grainy |= share >= GRAINY_SHARE or (copy == 0 and place >= GRAINY_PLACE)
            widespread |= share >= 0.5
        grey = halved(grey)
    return Texture(_distinct(periods), grainy, two_levels, narrow, widespread)


def halved(grey: Grey) -> Grey:
    """Half as large, without a last odd row or column: OpenCV averages pairs ten times as fast as anything else."""
    height, width = (max(1, side // 2) for side in grey.shape)
    even = grey[: 2 * height, : 2 * width]
    return np.asarray(cv2.resize(even, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def samples(grey: Grey) -> Float32 | None:
    """Patches `float32 [rows, columns, PATCH_PX, PATCH_PX]` spread evenly, or None of a picture smaller than one."""
    if min(grey.shape) < PATCH_PX:
        return None
    ys, xs = (
        np.linspace(0, side - PATCH_PX, int(np.clip((side - PATCH_PX) // STRIDE_PX + 1, 1, most))).astype(int)
        for side, most in zip(grey.shape, (ROWS, COLUMNS), strict=True)
    )
    windows = np.lib.stride_tricks.sliding_window_view(grey, (PATCH_PX, PATCH_PX))
    return np.asarray(windows[np.ix_(ys, xs)], np.float32)


_HANN = np.hanning(PATCH_PX + 2)[1:-1].astype(np.float32)
_WINDOW = np.outer(_HANN, _HANN) / (_HANN**2).mean()
_CYCLES = np.hypot(np.fft.fftfreq(PATCH_PX)[:, None], np.fft.rfftfreq(PATCH_PX)[None]).astype(np.float32) * PATCH_PX
_RING_KERNEL = np.ones((2 * _RING + 1, 2 * _RING + 1), np.uint8)
_RING_KERNEL[1:-1, 1:-1] = 0


def _energy(patches: Float32) -> Float32:
    """`float32 [rows, columns, PATCH_PX, PATCH_PX / 2 + 1]`: grey levels squared at every frequency."""
    mean = patches.mean((-1, -2), keepdims=True)
    spectrum = np.fft.rfft2((patches - mean) * _WINDOW)
    return ((spectrum.real**2 + spectrum.imag**2) * (2 / PATCH_PX**4)).astype(np.float32)


def _grain(energy: Float32) -> tuple[float, float]:
    """Share of grainy samples, and how grainy the grainiest neighbourhood is, in grey levels."""
    grain = np.sqrt((energy * (_CYCLES >= PATCH_PX / 4)).sum((-1, -2)))
    rows, columns = (min(_LOCAL, side) for side in grain.shape)
    places = np.lib.stride_tricks.sliding_window_view(grain, (rows, columns))
    return float((grain > GRAINY).mean()), float(np.median(places, (-1, -2)).max())


def _periods(energy: Float32) -> list[tuple[float, bool]]:
    """Periods, in sample pixels, of what stands out in the spectrum, and whether it does so all over the photo."""
    if energy.shape[0] * energy.shape[1] < _LOCAL + 1:
        return []
    # The mean of logarithms: what is in every sample counts, and what is strong in only one hardly does.
    level = np.log(_blurred(energy) + 1)
    found = []
    for mean, least, everywhere in ((level.mean((0, 1))[None], EVERYWHERE, True), (_places(level), SOMEWHERE, False)):
        stands_out = mean - _strongest_around(mean)
        stands_out[(_CYCLES < _LEAST_CYCLES) | (mean < np.log(_LEAST_AMPLITUDE**2 + 1))] = -np.inf
        best = stands_out.reshape(len(mean), -1)
        peaks = np.unique(best.argmax(1)[best.max(1) >= least])
        found += [(PATCH_PX / float(_CYCLES.flat[peak]), everywhere) for peak in peaks]
    return found


def _blurred(energy: Float32) -> Float32:
    """Every frequency with its eight neighbours, as far as the window smears it."""
    rows = energy + np.roll(energy, 1, -2) + np.roll(energy, -1, -2)
    both = rows.copy()
    both[..., 1:] += rows[..., :-1]
    both[..., :-1] += rows[..., 1:]
    return both


def _places(level: Float32) -> Float32:
    """`[N, ...]`: means over neighbourhoods of samples."""
    for axis in (0, 1):
        size = level.shape[axis]
        if size > _LOCAL:
            parts = [np.take(level, range(at, size - _LOCAL + 1 + at), axis) for at in range(_LOCAL)]
            level = sum(parts[1:], parts[0]) / np.float32(_LOCAL)
        else:
            level = level.mean(axis, keepdims=True)
    return level.reshape(-1, *level.shape[2:])


def _strongest_around(level: Float32) -> Float32:
    """The largest value `_RING` away from every frequency; the spectrum of a real picture goes on symmetrically."""
    mirrored = np.roll(level[:, ::-1], 1, 1)
    wide = np.concatenate([mirrored[..., _RING:0:-1], level, mirrored[..., -2 : -2 - _RING : -1]], -1)
    wide = np.pad(wide, ((0, 0), (_RING, _RING), (0, 0)), mode="wrap")
    stacked = wide.reshape(-1, wide.shape[-1])
    around = np.asarray(cv2.dilate(stacked, _RING_KERNEL), np.float32).reshape(wide.shape)
    return around[:, _RING:-_RING, _RING:-_RING]


def _tones(grey: Grey) -> tuple[bool, bool]:
    """Whether there are two levels, and whether all tones are close together."""
    counts = np.bincount(grey[::3, ::3].ravel(), minlength=256)
    share = counts / counts.sum()
    below = np.cumsum(share)
    narrow = int(np.searchsorted(below, 0.99)) - int(np.searchsorted(below, 0.01)) < NARROW
    bins = np.convolve(share.reshape(-1, 8).sum(1), np.ones(3), "same")
    first = int(bins.argmax())
    second = np.where(np.abs(np.arange(len(bins)) - first) >= len(bins) // 4, bins, 0).max()
    return bool(min(bins[first], second) >= 0.05 and bins[first] + second >= TWO_LEVELS), narrow


def _distinct(periods: list[float]) -> tuple[float, ...]:
    """Shortest first, without those within a fifth of an earlier one."""
    distinct: list[float] = []
    for period in sorted(periods):
        if not distinct or period > 1.2 * distinct[-1]:
            distinct.append(period)
    return tuple(distinct)
