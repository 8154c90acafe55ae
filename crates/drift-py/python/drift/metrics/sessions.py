"""Is the code of registered cells the same on two days? Who joins it, who leaves?"""

from .._drift import sessions as _native

__all__ = [name for name in dir(_native) if not name.startswith("_")]
globals().update({name: getattr(_native, name) for name in __all__})
