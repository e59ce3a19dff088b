"""What `status`, `fsck`, `backup` and `restore` call things before a person: Chinese labels beside the names of the JSON."""

from typing import Any, Final

from exchange.sealing.states import Seal
from exchange.terminal import described

LABELS: Final[dict[str, str]] = {
    "ok": "全部相符",
    "county": "县",
    "fingerprint": "根证书指纹",
    "running": "服务运行中",
    "recognition": "可识别扫描件",
    "whole_looks": "全文复查",
    "waiting": "等待",
    "failed": "未能完成",
    "submissions": "报送件数",
    "bytes": "字节数",
    "refusals": "未予接收次数",
    "receipts": "回执数",
    "offices": "单位数",
    "people": "人员数",
    "crl": "吊销列表编号",
    "log": "日志",
    "size": "条数",
    "root": "根散列",
    "signing_stopped": "已停止签发回执",
    "last_event": "最后一事的时间",
    "counters": "不留事件的计数",
    "index": "检索库",
    "analysis": "分词版本",
    "engine": "引擎",
    "note": "注意",
    "ready": "可检索",
    "generation": "世代",
    "entries": "条目数",
    "upto": "已收录到第几事",
    "newest": "最新第几事",
    "lag": "落后",
    "events": "事件数",
    "seconds": "秒",
    "rebuilding": "正在重建",
    "problem": "问题",
    "queues": "队列",
    "writer": "等待写入",
    "inspections_running": "正在检查",
    "inspections_waiting": "等待检查",
    "scans_looking": "正在识别的扫描件",
    "scans_waiting": "等待识别的扫描件",
    "staging_free_bytes": "暂存余量（字节）",
    "confinement": "读取文件的隔离",
    "landlock": "文件访问限制（版本）",
    "network": "断开网络",
    "seccomp": "系统调用过滤",
    "unprivileged": "无特权",
    "empty_root": "空根目录",
    "missing": "缺少",
    "sealing": "封存",
    "officers": "县保密员人数",
    "states": "各状态件数",
    "versions": "版本",
    "yizhan": "本程序",
    "checked": "已核对",
    "problems": "不符之处",
    "deliveries": "送达数",
    "moves": "办理数",
    "signatures": "签名数",
    "reasons": "原因数",
    "leaves": "日志叶数",
    "checkpoints": "检查点数",
    "tiles": "日志块数",
    "certificates": "证书数",
    "revocation_lists": "吊销列表数",
    "orphan_blobs": "无主数据块（下次启动清除，不算问题）",
    "papers": "纸质登记数",
    "exchange_counts": "无纸化计数项",
    "legacy_files": "历史件文件数",
    "legacy_orphans": "无主历史件文件",
    "texts": "正文留存数",
    "handovers": "交接件数",
    "staff_changes": "人员变动数",
    "sealed": "封存件数",
    "out": "备份位置",
    "keys": "密钥备份位置",
    "folder": "县端目录",
    "confirmed": "已确认",
    "next": "下一步",
    **{state.value: state.zh for state in Seal if state is not Seal.SEALED},
}

CHECKS: Final[dict[str, str]] = {
    "database": "数据库引擎自检",
    "foreign-key": "引用",
    "schema": "表结构",
    "blob": "数据块",
    "container": "数据包",
    "sealed": "封存件",
    "submission-text": "报送信息",
    "submission-signature": "报送签名",
    "submission-signer": "报送签名人",
    "kept-text": "正文留存",
    "form": "回执单",
    "acceptance": "接收回执",
    "answer": "留存的答复",
    "delivery": "办理状态",
    "event-form": "回执格式",
    "event-previous": "一件之内的回执衔接",
    "event-sequence": "单位回执序号",
    "event-time": "回执时间",
    "event-signature": "回执签名",
    "event-stamp": "回执时间戳",
    "event-trust": "回执证书",
    "reason": "原因",
    "leaf": "日志叶",
    "checkpoint": "检查点",
    "tile": "日志块",
    "proof": "日志证明",
    "certificate": "证书",
    "revocation-list": "吊销列表",
    "paper": "纸质登记",
    "exchange-count": "无纸化计数",
    "legacy": "历史件",
}
"""The checks of `fsck` by the names that its problems bear."""


def labelled(answer: dict[str, Any]) -> str:
    """Return an answer for a person, each field with its Chinese label."""
    return described(answer, LABELS)


def checked(report: dict[str, Any]) -> str:
    """Return what `fsck` found for a person: the end of it first, then what does not fit, then the counts."""
    found = report["problems"]
    head = "✓ 全部相符 everything fits" if report["ok"] else f"✗ 有 {len(found)} 处不符 / {len(found)} things do not fit"
    lines = [f"  · {CHECKS.get(one['check'], '其他')} {one['check']}: {one['what']}" for one in found]
    rest = {name: value for name, value in report.items() if name not in ("ok", "problems")}
    return "\n".join([head, *lines, labelled(rest)])
