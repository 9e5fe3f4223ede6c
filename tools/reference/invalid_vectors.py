"""The vectors of formats/vectors/invalid: each breaks one rule of section 11 and no other."""

import invalid_ancillary
import invalid_container
import invalid_experts
import invalid_input
import invalid_sections


def vectors():
    return (invalid_container.vectors() + invalid_sections.vectors() + invalid_experts.vectors()
            + invalid_ancillary.vectors() + invalid_input.vectors())
