"""Names in the picture: read the text, find what names a pupil."""
