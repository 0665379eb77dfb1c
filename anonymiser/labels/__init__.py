"""Names in the picture: reads the text and finds what names a pupil."""
