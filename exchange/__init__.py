"""Moving: how documents come in, are delivered, signed for and returned; the only package that knows HTTP."""
