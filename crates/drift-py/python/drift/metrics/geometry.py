"""In which directions does the code move, beside its variability?"""

from .._drift import geometry as _native

__all__ = [name for name in dir(_native) if not name.startswith("_")]
globals().update({name: getattr(_native, name) for name in __all__})
