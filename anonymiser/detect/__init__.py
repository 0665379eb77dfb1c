"""Find every face: propose on many scales, merge what the detectors say."""
