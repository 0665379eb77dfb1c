"""What the pipeline makes of a photo by the device that it names: a remark, a reason to wait, or a refusal."""

from dataclasses import replace

import pytest
from PIL import Image
from test_pipeline import ANN, Scores, consents, job, noise_jpeg, pipeline

from anonymiser.pipeline import Pipeline
from anonymiser.settings import DeviceAction, Devices, Settings
from anonymiser.values.devices import Camera, DeviceCheck, DeviceEvidence
from anonymiser.values.reasons import Code
from anonymiser.values.report import OutcomeKind

__all__ = ["job"]

LIST = DeviceCheck((Camera("Canon", "EOS 80D"),))
NOT_LISTED = Code.DEVICE_NOT_ON_LIST(device="Apple iPhone 14")


def taken_with(make, model):
    exif = Image.Exif()
    exif[271], exif[272] = make, model
    return noise_jpeg(exif=exif.tobytes())


CASES = {
    "approved": (taken_with("CANON", "Eos 80d"), DeviceEvidence.APPROVED, None),
    "not listed": (taken_with("Apple", "iPhone 14"), DeviceEvidence.NOT_ON_LIST, NOT_LISTED),
    "no evidence": (noise_jpeg(), DeviceEvidence.NO_EVIDENCE, Code.DEVICE_NO_EVIDENCE()),
}


def processed(task, action=None, classifier=None, check=LIST):
    made = pipeline(classifier)
    chosen = Devices() if action is None else Devices(not_on_list=action, no_evidence=action)
    return Pipeline(Settings(devices=chosen), made._stages).process(replace(task, devices=check))


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("action", DeviceAction)
def test_the_school_chooses_what_becomes_of_a_photo_without_evidence(job, case, action):
    """An approved one is released; the others are released with a remark, wait, or are refused without a copy."""
    data, evidence, reason = CASES[case]
    task = job(data, snapshot=consents(ANN))
    report = processed(task, action)
    assert report.device_evidence is evidence
    if reason is None or action is DeviceAction.NOTE:
        assert report.kind is OutcomeKind.RELEASED
        assert (reason in report.notices) == (reason is not None)
    elif action is DeviceAction.WAIT:
        assert (report.kind, report.reasons) == (OutcomeKind.REVIEW, (reason,))
        assert task.staging.exists()
    else:
        assert (report.kind, report.reasons) == (OutcomeKind.QUARANTINED, (reason,))
        assert not task.staging.exists()


@pytest.mark.parametrize(("case", "kind"), [("not listed", OutcomeKind.REVIEW), ("no evidence", OutcomeKind.RELEASED)])
def test_with_a_list_and_no_choice_another_device_waits_and_no_evidence_is_a_remark(job, case, kind):
    """Doubt reaches a person; a photo whose data an honest app stripped does not become work."""
    data, evidence, _ = CASES[case]
    report = processed(job(data))
    assert (report.kind, report.device_evidence) == (kind, evidence)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("action", DeviceAction)
def test_without_a_list_nothing_is_checked(job, case, action):
    """A school that never made a list sees no difference, whatever the settings say."""
    report = processed(job(CASES[case][0]), action, check=None)
    assert (report.kind, report.device_evidence) == (OutcomeKind.RELEASED, None)
    assert not {Code.DEVICE_NOT_ON_LIST, Code.DEVICE_NO_EVIDENCE} & {notice.code for notice in report.notices}


@pytest.mark.parametrize("case", CASES)
def test_what_may_be_indecent_is_sealed_whatever_took_it(job, case):
    """A refusal would put it where everybody looks; a sealed photo tells nothing about its device either."""
    report = processed(job(CASES[case][0]), DeviceAction.REFUSE, Scores(unsuitable=0.99))
    assert (report.kind, report.device_evidence) == (OutcomeKind.SEALED, None)


def test_the_device_is_one_more_reason_beside_others(job):
    """What else makes the photo wait is told as before, and first."""
    report = processed(job(CASES["not listed"][0]), DeviceAction.WAIT, Scores(swimwear=0.9))
    assert [reason.code for reason in report.reasons] == [Code.MAY_SHOW_SWIMWEAR, Code.DEVICE_NOT_ON_LIST]


@pytest.mark.parametrize(("model", "told"), [("iPhone 14", "Apple iPhone 14"), ("iPhone of Ann Smith", None)])
def test_a_name_in_the_camera_data_is_in_no_report(job, model, told):
    """Whoever wrote a pupil's name there: neither reason nor report tells it, and the photo waits all the same."""
    report = processed(job(taken_with("Apple", model), names=[("Ann Smith", ANN)]))
    assert report.made.device == told
    assert report.reasons == (Code.DEVICE_NOT_ON_LIST(device=told or "device"),)
    assert "Smith" not in repr(report)
