"""A slice that was captured already, met by the same capture again."""

from pathlib import Path

from libs.log.slices import plan as plans
from libs.log.slices.draft import tidy
from libs.log.slices.manifest import Manifest
from libs.log.slices.opening import read_entry, read_manifest
from libs.log.slices.plan import CaptureDiffers, Plan


def manifest_of_same(out: Path, plan: Plan) -> Manifest:
    """The manifest of the slice at `out`, if a capture with this plan made it. Blocks.

    Raises CaptureDiffers, NotASlice, SliceTooNew, SliceBroken.
    """
    tidy(out)
    manifest, kept = read_manifest(out, verify=True), read_entry(out, "plan")
    if kept is None:
        raise CaptureDiffers(f"{out} is there already, and does not say how it was captured")
    try:
        plans.decode(kept).check_same(plan)
    except CaptureDiffers as error:
        raise CaptureDiffers(f"{out} is there already, and {error}: repeat that, or remove the file") from None
    return manifest
