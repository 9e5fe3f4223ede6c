"""exp of section 9.6, used for gate probabilities and for the probabilities of classes only."""


def exp(x):
    """e to the power x as section 9.6 computes it, for x <= 0."""
    raise ArithmeticError("section 9.6")
