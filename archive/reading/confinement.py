"""What of the sandbox the kernel of this machine grants: found once by a process that confines itself for trial, then told to people."""

from typing import Final

from msgspec import Struct

from schemas.words import Label

_LANDLOCK: Final = Label("Landlock 文件隔离（Linux 5.13 起）", "Landlock, which keeps files shut (Linux 5.13)")
_NETWORK: Final = Label("独立的网络命名空间", "a network namespace of its own")
_SECCOMP: Final = Label("seccomp 系统调用过滤", "the seccomp filter of system calls")
_EMPTY_ROOT: Final = Label("空的根目录（连文件名也看不到）", "an empty root, in which not even names can be asked after")
_UNPRIVILEGED: Final = Label("去除特权（服务不应以 root 运行）", "giving up privileges (the service should not run as root)")


class Confinement(Struct, frozen=True, forbid_unknown_fields=True):
    """The protections that a reading process has besides its limits, which it always has.

    `landlock` is the version of the kernel's Landlock interface, 0 without; `network` says that it stands in a network
    namespace without a way out; `seccomp` that system calls are filtered; `unprivileged` that it is not root and holds no
    capability; `empty_root` that no path leads anywhere: without it names can be asked after, though nothing can be opened.
    """

    landlock: int = 0
    network: bool = False
    seccomp: bool = False
    unprivileged: bool = False
    empty_root: bool = False

    def missing(self) -> tuple[Label, ...]:
        """Return what this machine does not grant, in words for people; nothing where all is there."""
        found = (
            (self.landlock, _LANDLOCK),
            (self.network, _NETWORK),
            (self.seccomp, _SECCOMP),
            (self.unprivileged, _UNPRIVILEGED),
            (self.empty_root, _EMPTY_ROOT),
        )
        return tuple(label for granted, label in found if not granted)
