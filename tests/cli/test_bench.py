"""`anonymise bench`, as small as it can be."""

from importlib.util import find_spec

from anonymiser.errors import ExitCode
from anonymiser.settings import Runtime


def test_bench_says_how_fast_and_where_the_time_goes(invoke):
    """One JSON line a size and number of workers, with photos a second and every stage."""
    code, lines, said = invoke("bench", "--megapixels", "0.3", "--jobs", "1", "--photos", "1", "--json", workers=None)
    assert code == ExitCode.DONE
    lines, runtimes = [[line for line in lines if ("runtime" in line) is told] for told in (False, True)]
    assert [(line["megapixels"], line["jobs"]) for line in lines] == [(0.3, 1)]
    assert lines[0]["photos_per_second"] > 0
    assert {"decode", "detect", "redact", "write", "verify"} <= set(lines[0]["seconds"])
    assert "photos/s" in said
    expected = [(name, runtime) for name in ("BlazeFace", "BlazePose") for runtime in Runtime]
    assert [(line["network"], line["runtime"]) for line in runtimes] == (expected if find_spec("mediapipe") else [])
    assert all(line["tiles_per_second"] > 0 for line in runtimes)
