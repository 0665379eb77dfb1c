"""Where the pipeline looks for swimwear: on bodies, however doubtful, and after the photo may have been sealed."""

from test_pipeline import ANN, Heads, Scores, consents, job, pipeline

from anonymiser.values.report import OutcomeKind

__all__ = ["job"]


def test_swimwear_is_looked_for_on_every_body_that_may_be_there(job):
    """Also below heads that are too doubtful for a photo to wait for them."""
    classifier = Scores()
    unlikely = Heads([150, 4, 174, 28])
    unlikely.score = 0.4
    report = pipeline(classifier, people=unlikely).process(job(snapshot=consents(ANN)))
    assert classifier.heads == [[150, 4, 174, 28]]
    assert report.kind is OutcomeKind.RELEASED
