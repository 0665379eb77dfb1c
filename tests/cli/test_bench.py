"""`anonymise bench`, as small as it can be."""

from anonymiser.errors import ExitCode


def test_bench_says_how_fast_and_where_the_time_goes(invoke):
    """One JSON line a size and number of workers, with photos a second and every stage."""
    code, lines, said = invoke("bench", "--megapixels", "0.3", "--jobs", "1", "--photos", "1", "--json", workers=None)
    assert code == ExitCode.DONE
    assert [(line["megapixels"], line["jobs"]) for line in lines] == [(0.3, 1)]
    assert lines[0]["photos_per_second"] > 0
    assert {"decode", "detect", "redact", "write", "verify"} <= set(lines[0]["seconds"])
    assert "photos/s" in said
