"""Should anybody publish this picture at all? Scores only; decide.py judges them."""
