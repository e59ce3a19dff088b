"""Every way in which we say no, as one table: type, HTTP status, exit code, and what the person should do next.

A handler, the clients' exit codes and the documentation all derive from `ProblemType`. Details may name a member, a field
or a limit; they never repeat the text of a document.
"""

from enum import Enum, IntEnum
from typing import Any

from schemas.words import Label


class Exit(IntEnum):
    """Exit codes of both commands (the outer contract)."""

    OK = 0
    UNEXPECTED = 1
    USAGE = 2
    REVIEW = 3
    POLICY = 4
    SIGNATURE = 5
    NETWORK = 6
    NOT_ALLOWED = 7
    CONFLICT = 8
    INTEGRITY = 9


_RESEND = Label("请重新打包后再发送。", "Pack it again and send it.")
_REENROL = Label("请向县管理员索取新的注册码，重新注册。", "Ask the county's administrator for a new code and enrol again.")
_SIGN = Label(
    "程序请核对签名所覆盖的字段、keyid 和本机时间；人员请向县管理员索取新的注册码，重新注册。",
    "Programs: check the covered components, the keyid and the clock. People: ask the administrator for a new code and enrol again.",
)
_WAIT = Label(
    "请稍后再试。如有已打包的文件，仍在待发箱中，运行 yizhan outbox --retry 再次发送；未取得回执 = 未报送成功。",
    "Try again later. If something was packed, it is still in the outbox: yizhan outbox --retry sends it; no receipt means not submitted.",
)
_CONVERT = Label(
    "请用 WPS 另存为带文字的 PDF、OFD 或 DOCX（表格、演示可为 XLSX、PPTX）后重新报送。",
    "Save it as a PDF, OFD or DOCX that holds text (XLSX and PPTX are read too) and submit again.",
)
_TELL = Label("请联系县管理员。", "Call the county's administrator.")
_STOP = Label(
    "请立即停止处理，不要复制、转发或自行删除，并报告本单位保密员。",
    "Stop at once; do not copy, forward or delete it yourself; report to your confidentiality officer.",
)
_OLD = Label(
    "请用 WPS 另存为 PDF、OFD 或 DOCX（表格存为 XLSX，演示存为 PPTX）后重新报送。",
    "Save it as PDF, OFD or DOCX (XLSX, PPTX) with WPS or Office and submit again.",
)
_SCAN_AGAIN = Label(
    "请放平纸张，以 200 dpi 以上重新扫描或拍清楚后再报送。",
    "Lay the paper flat, scan it again at 200 dpi or more, or take a sharp photo, and submit again.",
)
_SPLIT = Label("请拆成几个文件后重新报送。", "Split it into several files and submit again.")
_EVIDENCE = Label("请勿采信；请向出具方重新索取。", "Do not rely on it; ask for it again.")


class ProblemType(Enum):
    """`(type, status, exit code, title, advice)`; status 0 marks problems that never travel over HTTP."""

    # fmt: off
    # container: the bytes themselves
    NOT_A_CONTAINER = ("not-a-container", 400, Exit.INTEGRITY, Label("不是公文数据包", "not a container"), _RESEND)
    TRUNCATED = ("truncated", 400, Exit.INTEGRITY, Label("数据包不完整", "the container is cut short"), _RESEND)
    TRAILING_BYTES = ("trailing-bytes", 400, Exit.INTEGRITY, Label("数据包末尾有多余内容", "bytes after the end of the container"), _RESEND)
    MEMBER_ORDER = ("member-order", 400, Exit.INTEGRITY, Label("数据包内顺序不合规定", "members are not in the required order"), _RESEND)
    MEMBER_COMPRESSED = ("member-compressed", 400, Exit.INTEGRITY, Label("数据包内有压缩或加密成员", "a member is compressed or encrypted"), _RESEND)
    TOO_MANY_MEMBERS = ("too-many-members", 400, Exit.INTEGRITY, Label("数据包内文件过多", "too many members"), Label("请分成几件报送。", "Split it into several submissions."))
    DUPLICATE_NAME = ("duplicate-name", 400, Exit.INTEGRITY, Label("文件重名", "two members have the same name"), Label("请改名后重新打包。", "Rename one and pack again."))
    UNSAFE_NAME = ("unsafe-name", 400, Exit.INTEGRITY, Label("文件名不合规定", "a member's name is not allowed"), Label("请改名后重新打包。", "Rename it and pack again."))
    HEADER_MISMATCH = ("header-mismatch", 400, Exit.INTEGRITY, Label("数据包目录与内容不符", "central directory and local headers differ"), _RESEND)
    UNLISTED_MEMBER = ("unlisted-member", 400, Exit.INTEGRITY, Label("有未列入签名清单的文件", "a member is not listed in the manifest"), _RESEND)
    MISSING_MEMBER = ("missing-member", 400, Exit.INTEGRITY, Label("清单所列文件缺失", "a listed member is missing"), _RESEND)
    DIGEST_MISMATCH = ("digest-mismatch", 400, Exit.INTEGRITY, Label("文件内容与签名清单不符", "a member's digest differs from the manifest"), _RESEND)
    MANIFEST_MALFORMED = ("manifest-malformed", 400, Exit.INTEGRITY, Label("签名清单格式错误", "the manifest is malformed"), _RESEND)
    HEAD_TOO_LARGE = ("head-too-large", 400, Exit.INTEGRITY, Label("数据包头部超过 1 MiB", "signature and metadata exceed 1 MiB"), _RESEND)
    PART_TOO_LARGE = ("part-too-large", 413, Exit.USAGE, Label("单个文件超过 200 MiB", "a part exceeds 200 MiB"), Label("请拆分或压缩图片后重新报送。", "Split it or reduce its images."))
    CONTAINER_TOO_LARGE = ("container-too-large", 413, Exit.USAGE, Label("数据包超过 500 MB", "the container exceeds 500 MB"), Label("请分成几件报送。", "Split it into several submissions."))

    # signature and certificate
    SIGNATURE_MALFORMED = ("signature-malformed", 400, Exit.SIGNATURE, Label("报送签名格式错误", "the signature is malformed"), _RESEND)
    SIGNATURE_INVALID = ("signature-invalid", 400, Exit.SIGNATURE, Label("验签未通过", "the signature does not match"), _RESEND)
    SEVERAL_SIGNERS = ("several-signers", 400, Exit.SIGNATURE, Label("一个签名文件内有多个签名人", "more than one SignerInfo"), _RESEND)
    SIGNED_ATTRIBUTES_MISSING = ("signed-attributes-missing", 400, Exit.SIGNATURE, Label("签名缺少必需的签名属性", "signed attributes are missing"), _RESEND)
    SUITE_NOT_ALLOWED = ("suite-not-allowed", 400, Exit.SIGNATURE, Label("签名算法不被接受", "the signature suite is not accepted"), _RESEND)
    SIGNER_UNKNOWN = ("signer-unknown", 403, Exit.SIGNATURE, Label("签名证书不是本县签发", "the certificate is not from this county's authority"), _REENROL)
    SIGNER_EXPIRED = ("signer-expired", 403, Exit.SIGNATURE, Label("签名证书已过期", "the certificate has expired"), _REENROL)
    SIGNER_NOT_YET_VALID = ("signer-not-yet-valid", 403, Exit.SIGNATURE, Label("签名证书尚未生效", "the certificate is not yet valid"), Label("请核对电脑时间。", "Check the computer's clock."))
    SIGNER_REVOKED = ("signer-revoked", 403, Exit.SIGNATURE, Label("签名证书已吊销", "the certificate is revoked"), _REENROL)
    SIGNER_PURPOSE = ("signer-purpose", 403, Exit.SIGNATURE, Label("证书用途不符", "the certificate may not sign submissions"), _REENROL)
    SIGNER_OTHER_OFFICE = ("signer-other-office", 403, Exit.SIGNATURE, Label("签名人不属于发文单位", "the signer belongs to another office"), Label("请由发文单位的经办人签名报送。", "Let the sending office's own clerk sign it."))
    SIGNING_TIME = ("signing-time", 403, Exit.SIGNATURE, Label("签名时间超出允许范围", "the signing time is out of range"), Label("请核对电脑时间，重新打包后发送。", "Check the computer's clock, pack again and send."))
    REVOCATION_UNKNOWN = ("revocation-unknown", 503, Exit.NETWORK, Label("暂时无法核对吊销状态", "no current revocation list"), _WAIT)

    # metadata
    METADATA_MALFORMED = ("metadata-malformed", 422, Exit.USAGE, Label("报送信息格式错误", "the metadata is malformed"), Label("请按提示改正后重新打包。", "Correct what is named and pack again."))
    DOCUMENT_LIST_MISMATCH = ("document-list-mismatch", 422, Exit.USAGE, Label("文件清单与实际文件不符", "the document list differs from the members"), _RESEND)
    RECIPIENT_UNKNOWN = ("recipient-unknown", 422, Exit.USAGE, Label("收文单位不存在", "unknown recipient office"), Label("请核对单位代码。", "Check the office code."))
    RECIPIENT_CLOSED = ("recipient-closed", 422, Exit.USAGE, Label("收文单位已撤销或并入其他单位", "a recipient office was closed or merged"), Label("请改送箭头后列出的承接单位；没有列出的，请联系县管理员。", "Send it to the office named behind the arrow; where none is named, ask the county's administrator."))
    JOINT_SIGNATURE_MISSING = ("joint-signature-missing", 422, Exit.SIGNATURE, Label("缺少联合发文单位的签名", "a signature of a joint issuer is missing"), Label("请把数据包交所列单位会签（网页“会签”，命令行 yizhan countersign），齐全后再报送。", "Let every office that is named sign the container (page Countersign, command yizhan countersign), then send it."))
    NUMBER_REQUIRED = ("number-required", 422, Exit.USAGE, Label("法定文种须有发文字号", "a statutory kind needs a document number"), Label("请填写发文字号（--number）；没有文号的材料请改选信息、简报、其他等文种。", "Give the number, or choose a kind of material that has none, for instance information, bulletin, other."))
    NUMBER_MALFORMED = ("number-malformed", 422, Exit.USAGE, Label("发文字号格式错误", "the document number is malformed"), Label("请写成“城政发〔2026〕12号”的形式。", "Write it like 城政发〔2026〕12号."))
    REPLY_FORM_WRONG = ("reply-form-wrong", 422, Exit.USAGE, Label("回执单设置有误", "the reply form is not sound"), Label("请按提示改正回执单的时限、填报项或表样，再重新报送。", "Correct its deadline, fields or template as named, and submit again."))
    ANSWER_WRONG = ("answer-wrong", 422, Exit.USAGE, Label("回执填写有误", "the answer to the form does not fit it"), Label("请按所标各项改正后重新提交。", "Correct what is named and send it again."))

    # policy
    CLASSIFIED_DECLARED = ("classified-declared", 422, Exit.POLICY, Label("申报的密级不是“非涉密”，文件未被接收", "declared as classified: refused"), _STOP)
    SECRECY_MARK = ("secrecy-mark", 422, Exit.POLICY, Label("发现疑似国家秘密标志，文件未被接收", "a secrecy mark was found: refused"), _STOP)
    SECRECY_REVIEW_NEEDED = ("secrecy-review-needed", 422, Exit.REVIEW, Label("需先作保密审查，文件未被接收", "needs a secrecy review first: refused"), Label("请送本单位保密员和分管领导审查；同意后附审查表（命令行 --review-form），或由领导会签（网页“会签”，命令行 yizhan countersign），再报送。", "Let your confidentiality officer and leader review it; then send it with the review form (command: --review-form) or the leader's signature (page Countersign, command: yizhan countersign)."))
    FORMAT_NOT_INSPECTABLE = ("format-not-inspectable", 422, Exit.POLICY, Label("文件格式无法检查，未被接收", "this format cannot be inspected: refused"), _CONVERT)
    DOCUMENT_ENCRYPTED = ("document-encrypted", 422, Exit.POLICY, Label("文件已加密，无法检查，未被接收", "the document is encrypted: refused"), Label("请去除密码后重新报送。", "Remove the password and submit again."))
    DOCUMENT_BROKEN = ("document-broken", 422, Exit.POLICY, Label("文件已损坏，无法检查，未被接收", "the document is broken: refused"), _CONVERT)
    DOCUMENT_WITHOUT_TEXT = ("document-without-text", 422, Exit.POLICY, Label("文件没有可读文字，无法检查，未被接收", "the document has no readable text: refused"), _CONVERT)
    DOCUMENT_ACTIVE = ("document-active", 422, Exit.POLICY, Label("文件含脚本、嵌入文件等内容，未被接收", "the document holds scripts or embedded files: refused"), Label("请去掉宏、嵌入文件等内容，或另存为普通 PDF 后重新报送；附件请单独报送。", "Take out macros and embedded files, or save it as a plain PDF, and submit again; send attachments as files of their own."))
    DOCUMENT_TOO_COMPLEX = ("document-too-complex", 422, Exit.POLICY, Label("文件过于复杂，检查超时，未被接收", "inspection ran out of time or memory: refused"), _CONVERT)
    FORMAT_OLD = ("format-old", 422, Exit.POLICY, Label("旧格式文件（.doc/.xls/.ppt/.wps/.et 等）无法检查，未被接收", "an old file format cannot be inspected: refused"), _OLD)
    ARCHIVE_NOT_INSPECTABLE = ("archive-not-inspectable", 422, Exit.POLICY, Label("RAR、7Z 等压缩包无法检查，未被接收", "this kind of archive cannot be inspected: refused"), Label("请解压后直接附上各个文件，或打成不加密的 ZIP 后重新报送。", "Unpack it and attach the files themselves, or make a plain ZIP, and submit again."))
    EXTENSION_MISMATCH = ("extension-mismatch", 422, Exit.POLICY, Label("文件内容与扩展名不符，未被接收", "the content is not what the file's extension says: refused"), Label("请用原来的软件打开并另存，不要只改扩展名。", "Open it with the program that made it and save it anew; renaming does not convert."))
    DOCUMENT_EMPTY = ("document-empty", 422, Exit.POLICY, Label("文件是空的（0 字节），未被接收", "the file is empty: refused"), Label("请核对后重新选取文件。", "Choose the right file and submit again."))
    DOCUMENT_CUT_SHORT = ("document-cut-short", 422, Exit.POLICY, Label("文件不完整（可能没有复制完），未被接收", "the file is cut short: refused"), Label("请重新复制或下载完整的文件后再报送。", "Copy or download the whole file again and submit it."))
    DOCUMENT_BOMB = ("document-bomb", 422, Exit.POLICY, Label("文件解压后过大，未被接收", "the file unpacks to too much: refused"), _SPLIT)
    TOO_MANY_PAGES = ("too-many-pages", 422, Exit.POLICY, Label("文件页数过多，未被接收", "the file has too many pages: refused"), _SPLIT)
    NESTED_TOO_DEEP = ("nested-too-deep", 422, Exit.POLICY, Label("压缩包或嵌入文件层数、个数过多，未被接收", "files within files go too deep or are too many: refused"), Label("请解压后直接附上各个文件。", "Unpack it and attach the files themselves."))
    TEXT_UNMAPPED = ("text-unmapped", 422, Exit.POLICY, Label("文件中的文字无法还原（字体缺少字符对照），未被接收", "the fonts do not say which characters they show: refused"), Label("请从原文件重新导出 PDF，或打印后扫描报送。", "Export the PDF anew from its source, or print and scan it, and submit again."))
    SCAN_TOO_COARSE = ("scan-too-coarse", 422, Exit.POLICY, Label("扫描件或照片分辨率不足 150 dpi，未被接收", "the scan or photo has less than 150 dpi: refused"), _SCAN_AGAIN)
    SCAN_ILLEGIBLE = ("scan-illegible", 422, Exit.POLICY, Label("扫描件或照片看不清文字，未被接收", "the words of the scan or photo cannot be read: refused"), _SCAN_AGAIN)
    READER_KILLED = ("reader-killed", 422, Exit.POLICY, Label("检查该文件时程序被系统终止，未被接收", "inspecting it ended the reading process: refused"), _CONVERT)
    READER_TIMEOUT = ("reader-timeout", 422, Exit.POLICY, Label("检查该文件超时，未被接收", "inspecting it took too long: refused"), _SPLIT)

    # conflict
    ALREADY_SENT_OTHER_SIGNATURE = ("already-sent-other-signature", 409, Exit.CONFLICT, Label("同一清单已用另一数据包报送", "this manifest was already sent in another container"), Label("请查看该件的办理状态。", "Ask for the submission's status."))
    REFERENCE_USED = ("reference-used", 409, Exit.CONFLICT, Label("该编号已用于另一件", "this reference belongs to another submission"), _RESEND)
    REPLACES_UNKNOWN = ("replaces-unknown", 409, Exit.CONFLICT, Label("所更正的原件不存在或未被退回", "the submission it replaces is unknown or was not returned"), Label("请核对原件编号。", "Check the id of the original."))
    STATE_CHANGED = ("state-changed", 409, Exit.CONFLICT, Label("已被他人先行办理", "someone else moved it first"), Label("请刷新后查看。", "Look at it again."))
    STATEMENT_INVALID = ("statement-invalid", 422, Exit.SIGNATURE, Label("办理签名不符", "the signature of this act does not fit it"), Label("请刷新后重新办理；仍不行请重新登记本机。", "Load it again and act once more; if that fails too, enrol this computer again."))
    REGISTER_LOCKED = ("register-locked", 409, Exit.CONFLICT, Label("该年度登记簿已封年", "the register of that year is locked"), Label("已封年的登记簿不能再更正；确有错误请另行书面说明。", "A locked year is corrected no more; note the error on paper beside it."))
    REGISTER_YEAR_NOT_OVER = ("register-year-not-over", 409, Exit.CONFLICT, Label("该年度尚未结束，不能封年", "that year is not over yet: its register cannot be locked"), Label("请在次年 1 月 1 日以后封年。", "Lock it after the new year has begun."))
    REGISTER_CHANGED = ("register-changed", 409, Exit.CONFLICT, Label("登记簿的件数与您看到的不同", "the register does not have the number of entries that you saw"), Label("请刷新后核对，再封年。", "Load it again, check it, then lock it."))
    REGISTER_OTHER_OFFICE = ("register-other-office", 403, Exit.NOT_ALLOWED, Label("这是另一单位的登记簿，不能更正", "this entry stands in another office's register"), Label("登记簿由本单位自行更正；请与该单位联系。", "Each office corrects its own register; call that office."))
    PRECONDITION_FAILED = ("precondition-failed", 412, Exit.CONFLICT, Label("您看到的已不是最新状态", "it is no longer as you saw it"), Label("请刷新后查看。", "Look at it again."))
    IDEMPOTENCY_KEY_USED = ("idempotency-key-used", 422, Exit.CONFLICT, Label("该幂等键已用于另一请求", "this idempotency key belongs to another request"), Label("每个操作请使用新的幂等键；只有重发同一请求时才沿用。", "Use a new key for each act, and the same one only to send the same request again."))
    EVENTS_UNKNOWN = ("events-unknown", 409, Exit.CONFLICT, Label("台账中没有这一动态编号", "this ledger has no such event to go on from"), Label("台账可能已从备份恢复；请从 after=0 重新接收，按回执编号去重。", "The ledger may have been restored from a backup; follow anew from after=0 and leave out the evidence ids you have."))
    ACTION_NOT_POSSIBLE = ("action-not-possible", 409, Exit.CONFLICT, Label("当前状态下不能这样办理", "not possible in its present state"), Label("请查看办理状态。", "Look at its status."))
    RETURNED = ("returned", 409, Exit.CONFLICT, Label("该件已被退回补正", "it was returned for correction"), Label("请查看退回原因，改正后重新报送。", "Read the reason, correct it and submit again."))
    URGED_LATELY = ("urged-lately", 409, Exit.CONFLICT, Label("近期已经催办，暂不能再催", "urged of late, and not to be urged again yet"), Label("请到所示时间以后再催；急需的请打电话，并记「已电话通知」。", "Urge again after the time that is named. What cannot wait: call, and note the call."))
    ALREADY_RECIPIENT = ("already-recipient", 409, Exit.CONFLICT, Label("该单位已经是收文单位，不能重复补发", "this office is a recipient already"), Label("请核对各单位签收情况；需要再次办理的，请另行报送。", "Look where its copy stands; what has to be dealt with again is sent anew."))
    ADDRESSEE_ELSEWHERE = ("addressee-elsewhere", 409, Exit.CONFLICT, Label("该件指定的签收人都不在该单位", "none of the named addressees belongs to this office"), Label("指定签收人的件只能由被指定的人查看；请另行报送给该单位。", "Only the named persons may see it: send it to that office as a new item."))
    WITHDRAWN = ("withdrawn", 409, Exit.CONFLICT, Label("该件已撤回，不再办理", "it was withdrawn by its sender"), Label("无须办理；有疑问请与发文单位联系。", "Nothing is left to do; ask the sending office if in doubt."))
    CONSENT_NEEDED = ("consent-needed", 409, Exit.CONFLICT, Label("对方已阅或已签收，撤回须经对方同意", "the recipient has opened or signed for it: withdrawing it needs their consent"), Label("请改为“申请撤回”，由对方决定。", "Ask for it back instead; the recipient decides."))
    NOT_OPENED_YET = ("not-opened-yet", 409, Exit.CONFLICT, Label("对方尚未阅读，不必申请", "the recipient has not opened it: there is nobody to ask"), Label("请直接撤回。", "Withdraw it at once."))
    RECALL_PENDING = ("recall-pending", 409, Exit.CONFLICT, Label("已申请撤回，对方尚未答复", "it was asked back already and the recipient has not answered"), Label("请等待对方答复，或电话联系。", "Wait for the answer, or telephone."))
    RECALL_NOT_ASKED = ("recall-not-asked", 409, Exit.CONFLICT, Label("发文单位没有申请撤回该件", "the sender does not ask for it back"), Label("请刷新后查看。", "Look at it again."))
    MISDIRECTED = ("misdirected", 409, Exit.CONFLICT, Label("该件已按误投退回，内容不再提供", "it was sent back as misdirected: its content is closed to this office"), Label("确需查看，请与发文单位联系，由其重新发送。", "If you need it after all, ask the sending office to send it again."))
    HANDLED_ALREADY = ("handled-already", 409, Exit.CONFLICT, Label("该件已办结，不能再退回", "it was handled: it can be returned no more"), Label("请与发文单位联系，由其另行报送或申请撤回。", "Tell the sending office: it sends another item, or asks for this one back."))
    SEALED = ("sealed", 409, Exit.CONFLICT, Label("该件已封存", "it has been sealed"), Label("请立即停止处理，不要复制、转发或自行删除，并联系县保密员。", "Stop at once; do not copy, forward or delete it yourself; call the county's confidentiality officer."))

    # who asks
    REQUEST_NOT_SIGNED = ("request-not-signed", 401, Exit.NOT_ALLOWED, Label("请求未签名", "the request is not signed"), _SIGN)
    REQUEST_SIGNATURE_INVALID = ("request-signature-invalid", 401, Exit.NOT_ALLOWED, Label("请求验签未通过", "the request's signature is not valid"), _SIGN)
    REQUEST_OUT_OF_TIME = ("request-out-of-time", 401, Exit.NOT_ALLOWED, Label("请求时间相差超过 5 分钟", "the request is more than 5 minutes off"), Label("请核对电脑时间。", "Check the computer's clock."))
    SIGNED_OUT = ("signed-out", 401, Exit.NOT_ALLOWED, Label("尚未登录，或登录已结束", "not signed in, or no longer"), Label("请重新登录；已填写的内容仍在本机。", "Sign in again; what was typed is still on this computer."))
    SIGNED_IN_FOR_THE_NIGHT = ("signed-in-for-the-night", 403, Exit.NOT_ALLOWED, Label("凭临时注册码登录，不能登记长期的登录方式", "signed in with a temporary code, nothing that lasts can be set up"), Label("请在本机正式登记后再设置快捷登录或密码。", "Set up passkeys or a password once you are properly enrolled."))
    CONFIRM_AGAIN = ("confirm-again", 403, Exit.NOT_ALLOWED, Label("请先再次确认身份", "please show again that it is you"), Label("请再次验证后继续。", "Confirm once more, then go on."))
    CROSS_SITE = ("cross-site", 403, Exit.NOT_ALLOWED, Label("请求不是从本系统页面发出的", "the request did not come from a page of ours"), Label("请从本系统的页面办理。", "Do it from a page of this system."))
    NOT_ALLOWED = ("not-allowed", 403, Exit.NOT_ALLOWED, Label("无权办理", "not allowed"), Label("请由有权限的人员办理。", "Let someone entitled do it."))
    NOT_FOUND = ("not-found", 404, Exit.NOT_ALLOWED, Label("没有这一件，或无权查看", "no such item, or not yours to see"), Label("请核对编号。", "Check the id."))
    ITEM_AMBIGUOUS = ("item-ambiguous", 0, Exit.USAGE, Label("不止一件符合，不能确定是哪一件", "several items begin so"), Label("请写报送编号，或多写几位编号。", "Give the filing number, or more digits of the id."))
    REASON_REQUIRED = ("reason-required", 422, Exit.USAGE, Label("请填写原因", "a reason is needed"), Label("请写明退回原因，便于改正。", "Say why, so that it can be corrected."))
    RETURN_CODE_UNKNOWN = ("return-code-unknown", 422, Exit.USAGE, Label("没有这个退回原因代码", "there is no such reason for returning"), Label("请刷新后重选；现行代码见 GET /api/v1/return-reasons。", "Load it again and choose anew; the codes of today are those of GET /api/v1/return-reasons."))
    WORDS_REQUIRED = ("words-required", 422, Exit.USAGE, Label("请填写意见", "words are needed"), Label("请写明拟办、批示或办理结果，至多 2000 字。", "Write the proposal, instruction or result, at most 2000 characters."))
    DEADLINE_PAST = ("deadline-past", 422, Exit.USAGE, Label("期限已过，或超过五年", "the deadline is over already, or beyond five years"), Label("请选今天（下班以前）或以后的日期。", "Choose a later day, or today while offices are open."))
    CODE_WRONG = ("code-wrong", 403, Exit.NOT_ALLOWED, Label("注册码错误、已用过、已过期或已锁定", "the code is wrong, used, expired or locked"), Label("请核对后重试，或索取新的注册码。", "Check it, or ask for a new one."))
    CODE_WITHDRAWN = ("code-withdrawn", 403, Exit.NOT_ALLOWED, Label("注册码已作废", "the code was taken back"), Label("它已被收回，或已换发新的注册码；请用最后发给您的注册码，或联系发码人。", "Somebody took it back, or a later code took its place: use the last one that you were given, or ask whoever gave it."))
    PASSKEY_REFUSED = ("passkey-refused", 403, Exit.NOT_ALLOWED, Label("快捷登录未成功", "the passkey was not accepted"), Label("请重试，或换一种方式登录。", "Try again, or sign in in another way."))
    PASSKEY_NOT_HERE = ("passkey-not-here", 403, Exit.NOT_ALLOWED, Label("在这个网址不能使用快捷登录", "passkeys do not work at this address"), Label("请用县里公布的域名网址打开本系统；数字网址（IP）不支持。", "Open the system at its published name; numeric addresses (IP) cannot have passkeys."))
    CSR_MALFORMED = ("csr-malformed", 400, Exit.USAGE, Label("证书申请格式错误", "the certificate request is malformed"), _REENROL)
    NAME_NOT_ALLOWED = ("name-not-allowed", 422, Exit.USAGE, Label("名称不能写入证书", "the name cannot stand in a certificate"), Label("请换一个较短的名称或简称，不要用控制字符。", "Choose a shorter name, without control characters."))
    FINGERPRINT_MISMATCH = ("fingerprint-mismatch", 0, Exit.SIGNATURE, Label("县根证书指纹不符", "the county's root fingerprint differs"), Label("请停止操作，并当面核对注册单上的指纹。", "Stop, and compare the fingerprint on the code slip in person."))

    # service
    REQUEST_MALFORMED = ("request-malformed", 400, Exit.USAGE, Label("填写内容或请求格式错误", "the request is malformed"), Label("请按提示改正后重试。", "Correct what is named and try again."))
    DESK_INCOMPLETE = ("desk-incomplete", 0, Exit.UNEXPECTED, Label("网页所需的文件没有装好", "files of the web pages are not installed"), Label("请运行 make install 后重新启动。", "Run make install, then start again."))
    METHOD_NOT_ALLOWED = ("method-not-allowed", 405, Exit.UNEXPECTED, Label("该地址不支持这种请求方法", "this address does not answer this method"), Label("请改用 Allow 头所列的方法。", "Use one of the methods that the Allow header names."))
    BODY_TOO_LARGE = ("body-too-large", 413, Exit.USAGE, Label("请求内容过大", "the body is too large"), Label("请缩短后重试。", "Make it shorter and try again."))
    MEDIA_TYPE_UNSUPPORTED = ("media-type-unsupported", 415, Exit.USAGE, Label("请求内容的类型不被接受", "this media type is not accepted here"), Label("请以 application/json 发送。", "Send it as application/json."))
    BODY_TOO_SLOW = ("body-too-slow", 408, Exit.NETWORK, Label("传输过慢，已中断", "the body came too slowly"), _WAIT)
    UPLOAD_OFFSET = ("upload-offset", 409, Exit.NETWORK, Label("续传位置与已收到的不符", "the upload stands elsewhere"), Label("程序请先查询已收到多少，再从该处续传。", "Programs: ask how much has come and go on from there."))
    TOO_MANY_REQUESTS = ("too-many-requests", 429, Exit.NETWORK, Label("请求过多", "too many requests"), _WAIT)
    QUOTA_SPENT = ("quota-spent", 429, Exit.NETWORK, Label("本单位今日报送总量已满", "the office has sent its share of today"), Label("无需操作：明天会自动重试；急件请联系县管理员。", "Nothing to do: it is tried again tomorrow; call the county's administrator if it is urgent."))
    BUSY = ("busy", 503, Exit.NETWORK, Label("服务繁忙", "the service is busy"), _WAIT)
    READER_RESTARTING = ("reader-restarting", 503, Exit.NETWORK, Label("检查程序正在重新启动", "the reading process is being started anew"), _WAIT)
    RECOGNITION_MISSING = ("recognition-missing", 503, Exit.NETWORK, Label("县端暂时不能识别扫描件", "scans cannot be read here at present"), Label("请稍后再试；如长时间如此，请联系县管理员（缺少文字识别组件）。", "Try again later; if it stays so, tell the county's administrator: the recognition part is missing."))
    INSPECTION_QUEUE_FULL = ("inspection-queue-full", 503, Exit.NETWORK, Label("待检查的扫描件过多", "too many scans are waiting to be inspected"), _WAIT)
    SEND_AGAIN = ("send-again", 404, Exit.NETWORK, Label("没有这一检查任务，请重新发送", "no such inspection: send it again"), Label("请再次发送同一数据包；未取得回执 = 未报送成功。", "Send the same container again; no receipt means not submitted."))
    INSPECTING = ("inspecting", 0, Exit.NETWORK, Label("县端正在识别检查，尚未接收", "the county is looking at it: not accepted yet"), Label("请稍后运行 yizhan outbox --retry 取回执；未取得回执 = 未报送成功。", "Run yizhan outbox --retry a little later for the receipt; no receipt means not submitted."))
    QUERY_INVALID = ("query-invalid", 400, Exit.USAGE, Label("检索式有误", "the query cannot be understood"), Label("请按所指位置改正；含特殊符号的词可加引号。", "Correct it at the place that is named; put quotes around what holds special signs."))
    INDEX_NOT_READY = ("index-not-ready", 503, Exit.NETWORK, Label("检索库正在建立", "the search index is being made"), Label("请稍后再检索；报送与签收不受影响。", "Search again later; sending and signing for are not affected."))
    INDEX_LOCKED = ("index-locked", 503, Exit.NETWORK, Label("检索库正由另一进程写入", "another process writes the search index"), Label("请稍后再试。", "Try again later."))
    INDEX_BROKEN = ("index-broken", 503, Exit.NETWORK, Label("检索库已损坏，正在重建", "the search index is broken and is being made anew"), Label("请稍后再检索；报送与签收不受影响。", "Search again later; sending and signing for are not affected."))
    STORAGE_FULL = ("storage-full", 507, Exit.NETWORK, Label("县端存储已满", "the county's storage is full"), _WAIT)
    STORAGE_FAILED = ("storage-failed", 503, Exit.NETWORK, Label("县端存储出错", "the county's storage failed"), _WAIT)
    SIGNING_STOPPED = ("signing-stopped", 503, Exit.NETWORK, Label("县端已停止签发回执", "the county has stopped signing"), _WAIT)
    INTERNAL = ("internal", 500, Exit.UNEXPECTED, Label("系统内部错误", "internal error"), _TELL)
    NETWORK = ("network", 0, Exit.NETWORK, Label("网络不通", "the network failed"), _WAIT)

    # folders, settings, ledger
    CONFIG_INVALID = ("config-invalid", 0, Exit.USAGE, Label("配置错误", "the configuration is not valid"), Label("请按提示改正配置文件。", "Correct the configuration file."))
    FOLDER_EXISTS = ("folder-exists", 0, Exit.USAGE, Label("目录已存在且不为空", "the folder exists and is not empty"), Label("请换一个目录。", "Choose another folder."))
    FOLDER_UNKNOWN = ("folder-unknown", 0, Exit.USAGE, Label("不是县端或乡镇端目录", "not a county folder or township home"), Label("请先运行 init 或 enrol。", "Run init or enrol first."))
    FOLDER_IN_USE = ("folder-in-use", 0, Exit.CONFLICT, Label("目录正在被使用", "the folder is in use"), Label("请先停止正在运行的服务。", "Stop the running service first."))
    FOLDER_READ_ONLY = ("folder-read-only", 0, Exit.UNEXPECTED, Label("目录不可写", "the folder cannot be written"), Label("请检查目录权限和磁盘。", "Check permissions and disk."))
    LEDGER_FOREIGN = ("ledger-foreign", 0, Exit.INTEGRITY, Label("不是本系统的台账", "not a ledger of this system"), _TELL)
    LEDGER_NEWER = ("ledger-newer", 0, Exit.INTEGRITY, Label("台账版本比程序新", "the ledger is newer than this program"), Label("请升级程序。", "Upgrade the program."))
    LEDGER_DAMAGED = ("ledger-damaged", 0, Exit.INTEGRITY, Label("台账校验未通过", "the ledger failed its check"), _TELL)
    SQLITE_UNSAFE = ("sqlite-unsafe", 0, Exit.UNEXPECTED, Label("SQLite 版本有已知缺陷", "this SQLite build has a known bug"), Label("请运行 make install。", "Run make install."))
    CLOCK_WRONG = ("clock-wrong", 0, Exit.UNEXPECTED, Label("系统时钟不对", "the system clock is wrong"), Label("请校准时钟后重新启动。", "Set the clock and start again."))
    CHECKPOINT_REFUSED = ("checkpoint-refused", 0, Exit.INTEGRITY, Label("检查点与台账不符", "the checkpoint does not fit this ledger"), Label("请找更新的备份。", "Find a newer backup."))
    BACKUP_DAMAGED = ("backup-damaged", 0, Exit.INTEGRITY, Label("备份不完整或已损坏", "the backup is incomplete or damaged"), Label("请换用另一份备份。", "Use another backup."))
    OFFICE_EXISTS = ("office-exists", 0, Exit.CONFLICT, Label("单位代码已被使用", "the office code is taken"), Label("单位代码不可重复使用，请换一个。", "Codes are never reused; choose another."))
    OFFICE_UNKNOWN = ("office-unknown", 0, Exit.USAGE, Label("单位不存在", "unknown office"), Label("请先用 office add 添加。", "Add it with office add first."))
    PERSON_UNKNOWN = ("person-unknown", 0, Exit.USAGE, Label("人员不存在", "unknown person"), Label("请核对人员编号。", "Check the person's id."))
    KEY_UNREADABLE = ("key-unreadable", 0, Exit.SIGNATURE, Label("密钥无法读取", "the key cannot be read"), Label("请检查口令文件。", "Check the passphrase file."))
    KEY_EXISTS = ("key-exists", 0, Exit.CONFLICT, Label("密钥文件已存在", "the key file is there already"), Label("密钥文件从不覆盖，请换一个位置。", "Key files are never replaced; choose another place."))
    INPUT_UNREADABLE = ("input-unreadable", 0, Exit.USAGE, Label("文件无法读取", "the file cannot be read"), Label("请核对路径。", "Check the path."))
    INPUT_CHANGED = ("input-changed", 0, Exit.CONFLICT, Label("打包时文件被改动", "the file changed while it was packed"), Label("请关闭该文件后重试。", "Close it and try again."))

    # receipts, log and evidence: a distinct problem for each numbered step
    RECEIPT_MALFORMED = ("receipt-malformed", 0, Exit.INTEGRITY, Label("回执格式错误", "the receipt is malformed"), _EVIDENCE)
    RECEIPT_SIGNATURE = ("receipt-signature", 0, Exit.SIGNATURE, Label("回执验签未通过", "the receipt's signature does not match"), _EVIDENCE)
    RECEIPT_SIGNER = ("receipt-signer", 0, Exit.SIGNATURE, Label("回执签名证书不可信", "the receipt's certificate is not trusted"), _EVIDENCE)
    RECEIPT_TIME_STAMP = ("receipt-time-stamp", 0, Exit.INTEGRITY, Label("时间戳不符", "the time stamp does not match"), _EVIDENCE)
    RECEIPT_TIME = ("receipt-time", 0, Exit.INTEGRITY, Label("回执时间与时间戳不符", "receipt time and time stamp differ"), _EVIDENCE)
    RECEIPT_LOG = ("receipt-log", 0, Exit.INTEGRITY, Label("回执与日志标识不符", "the receipt names another log"), _EVIDENCE)
    CHECKPOINT_SIGNATURE = ("checkpoint-signature", 0, Exit.SIGNATURE, Label("检查点签名不符", "the checkpoint's signature does not match"), _EVIDENCE)
    LOG_MALFORMED = ("log-malformed", 0, Exit.INTEGRITY, Label("日志数据格式错误", "the log's tiles are malformed"), Label("请保存现场并报告县管理员和审计。", "Keep what you have and report to administrator and auditor."))
    INCLUSION_PROOF = ("inclusion-proof", 0, Exit.INTEGRITY, Label("日志包含证明不符", "the inclusion proof does not match"), _EVIDENCE)
    CONSISTENCY_PROOF = ("consistency-proof", 0, Exit.INTEGRITY, Label("日志前后不一致", "the log is not consistent with an earlier checkpoint"), Label("请保存本机检查点并报告县管理员和审计。", "Keep your checkpoint and report to administrator and auditor."))
    RECEIPT_STATEMENT = ("receipt-statement", 0, Exit.SIGNATURE, Label("办理人的签名与回执不符", "the person's own signature does not fit the receipt"), _EVIDENCE)
    RECEIPT_OTHER_SUBMISSION = ("receipt-other-submission", 0, Exit.INTEGRITY, Label("回执不是这一件的", "the receipt is for another submission"), _EVIDENCE)
    RECEIPT_CHAIN = ("receipt-chain", 0, Exit.INTEGRITY, Label("回执前后不衔接", "the receipts do not follow one another"), _EVIDENCE)
    SEQUENCE_GAP = ("sequence-gap", 0, Exit.INTEGRITY, Label("回执序号不连续", "the office's receipt sequence has a gap"), Label("请报告县管理员和审计。", "Report to administrator and auditor."))
    BUNDLE_MALFORMED = ("bundle-malformed", 0, Exit.INTEGRITY, Label("证据包不完整", "the evidence bundle is incomplete"), _EVIDENCE)
    BUNDLE_CHECKSUM = ("bundle-checksum", 0, Exit.INTEGRITY, Label("证据包校验和不符", "a checksum of the evidence bundle differs"), _EVIDENCE)
    ROOT_MISMATCH = ("root-mismatch", 0, Exit.SIGNATURE, Label("根证书不是所指定的", "the root is not the expected one"), _EVIDENCE)

    # fmt: on
    def __init__(self, type_: str, status: int, exit_code: Exit, title: Label, advice: Label) -> None:
        """Name the parts of the row."""
        self.type = type_
        self.status = status
        self.exit = exit_code
        self.title = title
        self.advice = advice

    @classmethod
    def named(cls, type_: str) -> "ProblemType":
        """Return the row with this type, or INTERNAL when a newer county names one that we do not know."""
        return next((row for row in cls if row.type == type_), cls.INTERNAL)


class Problem(Exception):  # noqa: N818 - the field's word (RFC 9457)
    """A refusal that a person can act on; everything else that is raised is a bug.

    `detail` may name a member, a field, a limit or a rule; `members` are extension members of RFC 9457 section 3.2.
    """

    def __init__(self, kind: ProblemType, detail: str = "", **members: Any) -> None:
        """Raise with `Problem(ProblemType.TRUNCATED, "…")`."""
        super().__init__(f"{kind.type}: {detail}" if detail else kind.type)
        self.kind = kind
        self.detail = detail
        self.members = members

    def render(self) -> dict[str, Any]:
        """Return the RFC 9457 object, Chinese first and English beside it."""
        kind = self.kind
        return {
            "type": f"/problems/{kind.type}",
            "title": kind.title.zh,
            "title_en": kind.title.en,
            "status": kind.status,
            **({"detail": self.detail} if self.detail else {}),
            "advice": kind.advice.zh,
            "advice_en": kind.advice.en,
            **self.members,
        }
