"""Finds every face: proposes on many scales, and merges what the detectors say."""
