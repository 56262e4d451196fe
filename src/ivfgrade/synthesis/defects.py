"""Pictures nobody can grade, on request, each labelled with what is wrong with it."""

from __future__ import annotations

from dataclasses import replace

from ivfgrade.synthesis.sites import Optics, Site

DEFOCUS_UM = 6.0
OVEREXPOSURE = 2.6


def blurred(optics: Optics) -> Optics:
    return replace(optics, blur_um=DEFOCUS_UM)


def overexposed(site: Site) -> Site:
    camera = site.camera
    bright = max(camera.background * OVEREXPOSURE, 300.0)
    return replace(site, camera=replace(camera, background=bright))
