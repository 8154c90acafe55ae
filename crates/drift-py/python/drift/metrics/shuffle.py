"""Is a cell tuned, or is it chance?"""

from .._drift import shuffle as _native

__all__ = [name for name in dir(_native) if not name.startswith("_")]
globals().update({name: getattr(_native, name) for name in __all__})
