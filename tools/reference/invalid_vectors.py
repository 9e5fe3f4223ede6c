"""The vectors of formats/vectors/invalid: each breaks one rule of section 11 and no other."""

import invalid_container


def vectors():
    return invalid_container.vectors()
