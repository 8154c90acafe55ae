"""Which bin or state is this sample in, and which way does the animal move?"""

from .._drift import binning as _native

__all__ = [name for name in dir(_native) if not name.startswith("_")]
globals().update({name: getattr(_native, name) for name in __all__})
