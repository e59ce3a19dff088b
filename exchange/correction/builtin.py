"""The reasons for returning 退回原因 that every county begins with. Codes are kept in reasons for ever: none is renamed or used anew."""

from typing import Final, NamedTuple


class Reason(NamedTuple):
    """A reason: its code, its words, and where the rule stands, if it stands somewhere (GB/T 9704-2012)."""

    code: str
    zh: str
    en: str
    clause: str = ""


BUILT_IN: Final = (
    Reason("attachment-missing", "缺少附件", "an attachment is missing"),
    Reason("attachments-differ", "附件与清单不符", "the attachments are not those that the text lists", "7.3.4"),
    Reason("seal-missing", "缺盖章页", "the page with the seal is missing", "7.3.5"),
    Reason("number-form", "文号缺失或不规范", "the document number is missing or not in its form", "7.2.5"),
    Reason("signatory-missing", "缺签发人", "the signatory is missing", "7.2.6"),
    Reason("recipient-wrong", "主送不当", "the principal recipient is not the right one", "7.3.2"),
    Reason("kind-wrong", "文种使用不当", "the kind is not the right one", "7.3.1"),
    Reason("date-wrong", "成文日期有误", "the date of issue is wrong", "7.3.5"),
    Reason("scan-unclear", "扫描不清或缺页", "the scan is unclear or lacks pages"),
    Reason("content-wrong", "内容、数据有误", "the content or its figures are wrong"),
    Reason("form-wrong", "未按要求的格式或表样填报", "it is not in the form that was asked for"),
    Reason("sent-twice", "重复报送", "it was sent twice"),
    Reason("not-ours", "非本机关职责", "it is not this office's business"),
)
