#!/usr/bin/env bash
# 核验证据包：在解压后的目录中运行 bash verify.sh，或 ROOT=<县根证书 SHA-256 指纹> bash verify.sh
# Checks an evidence bundle: run `bash verify.sh` in the unzipped folder, or with ROOT=<SHA-256 of the county's root>.
#
# Needs bash 4.4, openssl 3.0 and xxd, nothing else; no network, no clock: every moment is a time stamp's. Writes nothing.
# Exit status 0: all steps passed. 1: the first step that failed is named. What is proved stands in README.txt.

set -u -o pipefail
# nothing of this machine's configuration or certificates: openssl would believe them beside what it is told
export LC_ALL=C OPENSSL_CONF=/dev/null SSL_CERT_FILE=/dev/null SSL_CERT_DIR=/dev/null
if ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] < 404)); then
  printf 'FAILED: bash 4.4 or later is needed 需要 bash 4.4 以上\n'
  exit 1
fi
# pkeyutl wants a file whose size it can ask for: up to 5.0 bash keeps a here-string in an unlinked file, later in a pipe
BASH_COMPAT=5.0
shopt -s dotglob globstar nullglob
shopt -u failglob nocaseglob nocasematch patsub_replacement 2>/dev/null

readonly DIGITS=ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/
readonly MONTHS=JanFebMarAprMayJunJulAugSepOctNovDec
readonly ED25519=302a300506032b6570032100 # what precedes the 32 bytes of an Ed25519 key in DER (RFC 8410)
readonly -A EVENTS=(
  [SubmissionAcceptance]=接收回执 [SubmissionRejection]=未予接收 [ContentConsignment]=已送达 [ContentHandover]=已阅
  [ConsignmentAcceptance]=签收 [ConsignmentRejection]=退回补正
  [NotificationForAcceptance]=催办 [AcceptanceRejectionExpiry]=逾期未签收 [RelayToNonERDS]=纸质发出 [ReceivedFromNonERDS]=纸质收到
  [Misdirection]=误投退件 [SupplementaryDelivery]=补发 [RecallRequest]=申请撤回 [RecallRefusal]=不同意撤回 [Withdrawal]=撤回
  [DeadlineExtension]=延期 [FormAnswer]=填报回执单 [FormClosure]=停止填报 [Printing]=打印
  [Proposal]=拟办 [Instruction]=批示 [Conclusion]=办理结果
)
declare -A sum=()   # file -> SHA-256, as listed and as found
declare -A field=() # path -> value, of the JSON read last
declare -A name=()  # office, person, service of the certificate looked at last
text=               # the file read last
declare -A known=() # checkpoint and signature that were verified already
statements=0 # acts that a person signed

# ---- saying

step_number=0

step() { # zh en
  step_number=$((step_number + 1)) step_zh=$1 step_en=$2
}

passed() { # [what]
  printf '%d  %s %s%s: 通过 OK\n' "$step_number" "$step_zh" "$step_en" "${1:+ $1}"
}

fail() { # zh en [what]
  local what=${3-}
  printf '%d  %s %s: 未通过 FAILED\n   %s\n   %s\n' "$step_number" "$step_zh" "$step_en" "$1${what:+: ${what//[[:cntrl:]]/?}}" \
    "$2${what:+: ${what//[[:cntrl:]]/?}}"
  printf '请勿采信。 Do not rely on this bundle.\n'
  exit 1
}

# ---- bytes, numbers, times

digest() { # of standard input
  local out
  out=$(openssl dgst -sha256 -r) && printf '%s' "${out%% *}"
}

digest_hex() { # bytes in hex
  local i escaped=
  for ((i = 0; i < ${#1}; i += 2)); do escaped+="\\x${1:i:2}"; done
  printf '%b' "$escaped" | digest
}

read_text() { # file -> text; a file with a NUL is refused, which bash would drop
  ! IFS= read -r -d '' text <"$1"
}

is_lines() { # whether the lines are exactly the text, every one ended
  local joined
  printf -v joined '%s\n' "$@"
  [[ $joined == "$text" ]]
}

unbase64() { # text -> REPLY in hex; the caller has checked the form
  local text=${1%%=*} before held=0 bits=0 i byte
  REPLY=
  for ((i = 0; i < ${#text}; i++)); do
    before=${DIGITS%%"${text:i:1}"*}
    held=$(((held << 6 | ${#before}) & 0xffff)) bits=$((bits + 6))
    if ((bits >= 8)); then
      bits=$((bits - 8))
      printf -v byte '%02x' $((held >> bits & 255))
      REPLY+=$byte
    fi
  done
}

is_base64_of() { # bytes text: whether it is the one spelling of so many bytes (32 or 68)
  [[ $1$2 =~ ^(32[A-Za-z0-9+/]{42}|68[A-Za-z0-9+/]{90})[AEIMQUYcgkosw048]=$ ]]
}

is_number() { [[ $1 =~ ^(0|[1-9][0-9]{0,17})$ ]]; }

seconds() { # year month day hour minute second -> REPLY, since 1970, UTC
  local year=$((10#$1)) month=$((10#$2)) day=$((10#$3)) era_year shifted
  era_year=$((month > 2 ? year : year - 1)) shifted=$(((month + 9) % 12))
  REPLY=$((era_year * 365 + era_year / 4 - era_year / 100 + era_year / 400 + (shifted * 153 + 2) / 5 + day - 719469))
  REPLY=$((REPLY * 86400 + 10#$4 * 3600 + 10#$5 * 60 + 10#$6))
}

seconds_of() { # instant as receipts write it -> REPLY, the fraction cut
  [[ $1 =~ ^([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})\.[0-9]{3}Z$ ]] && seconds "${BASH_REMATCH[@]:1}"
}

# ---- JSON

# Reads a whole file into field[path], strings as they are spelled (escapes kept), members of lists by their number. It
# follows quotes, escapes and brackets, so no text can pretend to be a field; a name that stands twice is refused.
read_json() { # file
  local part string= inside=0 depth=0
  local -a parts=() kind=(top) path=('') key=('')
  field=()
  read_text "$1" || return 1
  mapfile -t -d '"' parts < <(printf '%s' "$text")
  for part in "${parts[@]}"; do
    if ((!inside)); then
      json_between "$part" || return 1
      inside=1 string=
      continue
    fi
    string+=$part
    [[ $part =~ (\\*)$ ]]
    if ((${#BASH_REMATCH[1]} % 2)); then
      string+='"'
      continue
    fi
    inside=0
    if [[ ${kind[depth]} == object && -z ${key[depth]} ]]; then
      [[ $string =~ ^[A-Za-z0-9_]+$ ]] || return 1
      key[depth]=$string
    else
      json_value "$string" || return 1
    fi
  done
  ((inside && depth == 0)) && [[ ${kind[0]} == done ]]
}

json_value() { # value
  local at=${path[depth]}${key[depth]}
  [[ ${kind[depth]} == object || ${kind[depth]} == list ]] && [[ -n ${key[depth]} && -z ${field[$at]+x} ]] && field[$at]=$1
}

json_between() { # what stands between two strings: brackets, commas, colons, literals
  local rest=${1//[[:space:]]/} literal sign
  while [[ -n $rest ]]; do
    [[ $rest =~ ^[^][{},:]+ ]]
    literal=${BASH_REMATCH[0]-}
    if [[ -n $literal ]]; then
      json_value "$literal" || return 1
      rest=${rest:${#literal}}
      continue
    fi
    sign=${rest:0:1} rest=${rest:1}
    case $sign in
      '{' | '[') json_open "$sign" || return 1 ;;
      '}' | ']') if ((--depth == 0)); then kind[0]=done; elif ((depth < 0)); then return 1; fi ;;
      ',') if [[ ${kind[depth]} == list ]]; then key[depth]=$((key[depth] + 1)); else key[depth]=; fi ;;
      ':') [[ -n ${key[depth]} ]] || return 1 ;;
    esac
  done
}

json_open() { # { or [
  if [[ ${kind[depth]} == top ]]; then
    path[1]=
  else
    json_value "$1" || return 1
    path[depth + 1]=${path[depth]}${key[depth]}.
  fi
  depth=$((depth + 1))
  if [[ $1 == '{' ]]; then kind[depth]=object key[depth]=; else kind[depth]=list key[depth]=0; fi
}

# ---- certificates and signatures

read_pem() { # file word: the blocks of a PEM file, which holds nothing else -> blocks
  local line block= base64='^[A-Za-z0-9+/]{1,64}={0,2}$'
  blocks=()
  while IFS= read -r line || [[ -n $line ]]; do
    if [[ -z $block && $line == "-----BEGIN $2-----" ]]; then
      block=$line
    elif [[ -n $block && $line == "-----END $2-----" ]]; then
      blocks+=("$block"$'\n'"$line")
      block=
    elif [[ -n $block && $line =~ $base64 ]]; then
      block+=$'\n'$line
    else
      return 1
    fi
  done <"$1"
  [[ -z $block ]] && ((${#blocks[@]}))
}

names_in() { # certificate in PEM -> name[office], name[person], name[service], names (all three); others are refused
  local shown one
  local -a found
  name=([office]='' [person]='' [service]='')
  shown=$(openssl x509 -noout -ext subjectAltName <<<"$1" 2>/dev/null) || return 1
  shown=${shown##*$'\n'}
  IFS=, read -r -a found <<<"${shown// /}"
  for one in "${found[@]}"; do
    [[ $one =~ ^URI:urn:yizhan:(office|person|service):([A-Za-z0-9._-]{1,64})$ && -z ${name[${BASH_REMATCH[1]}]} ]] || return 1
    name[${BASH_REMATCH[1]}]=${BASH_REMATCH[2]}
  done
  names=${name[office]}/${name[person]}/${name[service]}
}

# Verifies a signature, its certificate's path to the root, validity and revocation at a moment; prints the one signer's
# certificate. openssl takes revocation lists from the CAfile only, and of several it takes the one that covers the moment.
verified() { # moment purpose, cms options…
  local certificate
  certificate=$(openssl cms -verify -inform DER -attime "$1" -crl_check -purpose "$2" -no-CApath -no-CAstore \
    -CAfile <(printf '%s\n' "$root" "${lists[@]}") -certfile <(printf '%s\n' "${issuing[@]}") "${@:3}" \
    -signer /dev/stdout -out /dev/null 2>/dev/null) || return 1
  [[ $certificate == '-----BEGIN CERTIFICATE-----'*'-----END CERTIFICATE-----' && ${certificate#-} != *$'\n'-----BEGIN* ]] || return 1
  printf '%s\n' "$certificate"
}

signer_of() { # signature content moment: a detached CAdES signature
  verified "$3" any -cades -binary -in "$1" -content "$2"
}

# To be believed once the token is verified at that moment. Before the token's own text stands a free text that nobody
# signed: hence the last heading.
token_time() { # time stamp -> REPLY, seconds since 1970
  local shown
  shown=$(openssl ts -reply -in "$1" -text 2>/dev/null) || return 1
  shown=$'\n'${shown##*$'\nTST info:\n'}
  [[ $shown =~ $'\n'"Time stamp: "([A-Z][a-z]{2})\ +([0-9]{1,2})\ ([0-9]{2}):([0-9]{2}):([0-9]{2})\ ([0-9]{4})\ GMT$'\n' ]] || return 1
  local -a found=("${BASH_REMATCH[@]}")
  local before=${MONTHS%%"${found[1]}"*}
  seconds "${found[6]}" $((${#before} / 3 + 1)) "${found[2]}" "${found[3]}" "${found[4]}" "${found[5]}"
}

check_token() { # time stamp, what it is over, moment
  local certificate
  openssl ts -verify -in "$1" -data "$2" -attime "$3" -crl_check -CAfile <(printf '%s\n' "$root" "${lists[@]}") \
    -untrusted <(printf '%s\n' "${issuing[@]}") >/dev/null 2>&1 || return 1
  certificate=$(openssl ts -reply -in "$1" -token_out 2>/dev/null | verified "$3" timestampsign) || return 1
  names_in "$certificate" && [[ $names == //timestamp ]]
}

signing_time() { # signature -> REPLY, seconds since 1970; the attribute stands once: its name, a SET, the time
  local i at='' century form='(UTCTIME|GENERALIZEDTIME) +:([0-9]{2})?([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})Z$'
  local -a lines found
  mapfile -t lines < <(openssl asn1parse -inform DER -in "$1" 2>/dev/null)
  for i in "${!lines[@]}"; do
    [[ ${lines[i]} == *:signingTime ]] || continue
    [[ -z $at ]] || return 1
    at=$i
  done
  [[ -n $at && ${lines[at + 2]-} =~ $form ]] || return 1
  found=("${BASH_REMATCH[@]}") century=${BASH_REMATCH[2]}
  # RFC 5652 section 11.3: two digits of a year stand for 1950 to 2049
  if [[ ${found[1]} == UTCTIME ]]; then century=$((10#${found[3]} < 50 ? 20 : 19)); fi
  [[ -n $century ]] && seconds "$century${found[3]}" "${found[@]:4}"
}

# ---- the log

check_proof() { # proof entry: c2sp.org/tlog-proof@v1, RFC 9162 section 2.1.3.2 -> leaf
  local -a lines path=()
  local i=1 blank signed count root_hash first last hash node
  read_text "$1" || return 1
  mapfile -t lines <<<"${text%$'\n'}"
  { is_lines "${lines[@]}" && [[ ${lines[0]} == c2sp.org/tlog-proof@v1 ]]; } || return 1
  if [[ ${lines[1]-} == 'extra '* ]]; then i=2; fi
  leaf=${lines[i]#index }
  { [[ ${lines[i]-} == "index $leaf" ]] && is_number "$leaf"; } || return 1
  for ((i++; i < ${#lines[@]}; i++)); do
    [[ -n ${lines[i]} ]] || break
    is_base64_of 32 "${lines[i]}" || return 1
    unbase64 "${lines[i]}"
    path+=("$REPLY")
  done
  lines=("${lines[@]:i+1}")
  for ((blank = ${#lines[@]} - 1; blank > 0; blank--)); do [[ -n ${lines[blank]} ]] || break; done
  ((blank >= 3)) || return 1
  printf -v signed '%s\n' "${lines[@]:0:blank}"
  count=${lines[1]}
  { [[ ${lines[0]} == "$origin" && $signed != *$'\n\n'* ]] && is_number "$count" && is_base64_of 32 "${lines[2]}"; } || return 1
  check_checkpoint "${signed%$'\n'}" "${lines[@]:blank+1}" || return 1
  unbase64 "${lines[2]}"
  root_hash=$REPLY first=$leaf last=$((count - 1))
  ((first <= last)) || return 1
  hash=$(digest_hex "00$2")
  for node in "${path[@]}"; do
    ((last)) || return 1
    if ((first & 1 || first == last)); then
      hash=$(digest_hex "01$node$hash")
      while ((first && !(first & 1))); do first=$((first >> 1)) last=$((last >> 1)); done
    else
      hash=$(digest_hex "01$hash$node")
    fi
    first=$((first >> 1)) last=$((last >> 1))
  done
  ((last == 0)) && [[ $hash == "$root_hash" ]]
}

check_checkpoint() { # text signature-line…: signed by the log's key, Ed25519; lines of other keys are passed over
  local signed=$1 line signature found=0
  for line in "${@:2}"; do
    [[ $line == "— $origin "* ]] || continue
    signature=${line#"— $origin "}
    is_base64_of 68 "$signature" || continue
    unbase64 "$signature"
    [[ ${REPLY:0:8} == "$key_id" ]] || continue
    found=1
    [[ -n ${known["$signed $REPLY"]+x} ]] && continue
    openssl pkeyutl -verify -rawin -pubin -inkey log.pub.pem -sigfile <(xxd -r -p <<<"${REPLY:8}") -in /dev/fd/3 \
      3<<<"$signed" >/dev/null 2>&1 || return 1
    known["$signed $REPLY"]=1
  done
  ((found))
}

# ---- the manifest

# Reads ASiCManifest tag by tag -> listed[file]=digest, signature_uri. A manifest that the county accepted holds no comments, sections,
# entities of its own or other elements; whatever else stands here is refused.
read_manifest() { # file
  local tag element attributes value uri= i
  local attribute='^[[:space:]]+([A-Za-z:]+)[[:space:]]*=[[:space:]]*("([^"<]*)"|'\''([^'\''<]*)'\'')'
  local -a tags
  listed=() signature_uri=
  read_text "$1" || return 1
  mapfile -t -d '<' tags < <(printf '%s' "$text")
  for ((i = 1; i < ${#tags[@]}; i++)); do
    tag=${tags[i]}
    [[ $tag =~ ^([?/]?)([A-Za-z:]+) ]] || return 1
    element=${BASH_REMATCH[1]}${BASH_REMATCH[2]##*:} attributes=${tag:${#BASH_REMATCH[0]}}
    local -A given=()
    while [[ $attributes =~ $attribute ]]; do
      value=${BASH_REMATCH[3]}${BASH_REMATCH[4]} value=${value//'&amp;'/$'\1'} value=${value//'&apos;'/$'\2'}
      [[ $value != *'&'* ]] || return 1
      value=${value//$'\1'/'&'}
      given[${BASH_REMATCH[1]}]=${value//$'\2'/"'"}
      attributes=${attributes:${#BASH_REMATCH[0]}}
    done
    [[ $attributes =~ ^[[:space:]]*[?/]?\>([^\>]*)$ ]] || return 1
    value=${BASH_REMATCH[1]//[[:space:]]/}
    case $element in
      \?xml | ASiCManifest | /*) [[ -z $value ]] || return 1 ;;
      SigReference) [[ -z $signature_uri && -z $value ]] && signature_uri=${given[URI]-} ;;
      DataObjectReference) [[ -z $uri && -z $value ]] && uri=${given[URI]-} && [[ -n $uri ]] || return 1 ;;
      DigestMethod) [[ -z $value && ${given[Algorithm]-} == 'http://www.w3.org/2001/04/xmlenc#sha256' ]] || return 1 ;;
      DigestValue)
        [[ -n $uri && $uri =~ ^([A-Za-z0-9._~!\$\&\'()*+,\;=@/-]|%[0-9A-Fa-f]{2})+$ && $uri != *%00* ]] || return 1
        is_base64_of 32 "$value" || return 1
        unbase64 "$value"
        printf -v uri '%b' "${uri//%/\\x}"
        [[ -z ${listed[container/$uri]+x} ]] || return 1
        listed[container/$uri]=$REPLY uri=
        ;;
      *) return 1 ;;
    esac
  done
  [[ -z $uri && -n $signature_uri ]] && ((${#listed[@]} >= 2))
}

# Reads the local headers of container.asice, all members being stored -> members, starts (of headers), ends (of names)
read_members() {
  local offset=0 header length
  members=() starts=() ends=()
  while header=$(xxd -p -c 30 -s "$offset" -l 30 container.asice) && [[ ${header:0:8} == 504b0304 && ${#header} -eq 60 ]]; do
    length=$((16#${header:54:2}${header:52:2}))
    starts+=("$offset") ends+=($((offset + 30 + length)))
    members+=("$(xxd -p -s $((offset + 30)) -l "$length" container.asice | xxd -r -p)")
    offset=$((offset + 30 + length + 16#${header:50:2}${header:48:2}${header:46:2}${header:44:2}))
  done
  starts+=("$offset")
}

# Puts container.asice together again: headers and directory from the file, contents from the folder. When the result has
# the file's digest, the folder holds exactly what the file holds.
reassemble() {
  local i
  for i in "${!members[@]}"; do
    xxd -p -s "${starts[i]}" -l $((ends[i] - starts[i])) container.asice | xxd -r -p
    openssl enc -none -in "container/${members[i]}" || return 1
  done
  xxd -p -s "${starts[-1]}" container.asice | xxd -r -p
}

# ---- the steps

check_files() {
  local line file i
  local -a lines found
  step 文件与校验和 'files and checksums'
  [[ -f SHA256SUMS && -r SHA256SUMS ]] || fail 找不到 'not found' SHA256SUMS
  read_text SHA256SUMS || fail 格式错误 malformed SHA256SUMS
  mapfile -t lines <<<"${text%$'\n'}"
  is_lines "${lines[@]}" || fail 格式错误 malformed SHA256SUMS
  for line in "${lines[@]}"; do
    [[ $line =~ ^([0-9a-f]{64})\ \ ([^[:cntrl:]\\]+)$ ]] || fail 格式错误 malformed SHA256SUMS
    file=${line:66}
    [[ -z ${sum[$file]+x} && /$file/ != */../* && /$file/ != */./* && /$file/ != *//* ]] || fail 文件名重复或不安全 'name twice or unsafe' "$file"
    [[ $file =~ ^(container\.asice|trust\.pem|log\.pub\.pem|verify\.sh|README\.txt|container/.+)$ ||
      $file =~ ^(crls/[0-9]+(-[0-9]+)?\.pem|receipts/[0-9]{3,4}\.(json|p7s|tsr|tlog-proof|statement\.json|statement\.p7s))$ ]] || fail 多余的文件 'does not belong here' "$file"
    sum[$file]=${line:0:64}
  done
  for file in **; do
    [[ -L $file || ! (-f $file || -d $file) ]] && fail 不是普通文件 'not a plain file' "$file"
    [[ -d $file || $file == SHA256SUMS || -n ${sum[$file]+x} ]] || fail 未列入校验和清单 'not listed in SHA256SUMS' "$file"
  done
  for file in container.asice trust.pem log.pub.pem verify.sh README.txt "${!sum[@]}"; do
    [[ -n ${sum[$file]+x} && -f $file ]] || fail 缺少文件 missing "$file"
  done
  local -a files=("${!sum[@]}")
  mapfile -t found < <(openssl dgst -sha256 -r "${files[@]}" 2>/dev/null)
  ((${#found[@]} == ${#files[@]})) || fail 文件无法读取 'a file cannot be read'
  for i in "${!files[@]}"; do
    [[ ${found[i]%% *} == "${sum[${files[i]}]}" ]] || fail 校验和不符 'checksum differs' "${files[i]}"
  done
  passed "(${#files[@]})"
}

check_root() {
  local authority
  local -a blocks
  step 根证书 'root certificate'
  { read_pem trust.pem CERTIFICATE && ((${#blocks[@]} >= 2)); } || fail 格式错误 malformed trust.pem
  # every block is written anew by openssl, so that what is trusted is one certificate and nothing that came along with it
  for authority in "${blocks[@]}"; do
    authority=$(openssl x509 <<<"$authority" 2>/dev/null) || fail 格式错误 malformed trust.pem
    [[ -n $root ]] || root=$authority
    openssl verify -no_check_time -no-CApath -no-CAstore -CAfile <(printf '%s\n' "$root") <<<"$authority" >/dev/null 2>&1 ||
      fail 不是根证书及其所签发的 'not a root and what it issued' trust.pem
    [[ $authority == "$root" ]] || issuing+=("$authority")
  done
  ((${#issuing[@]})) || fail 没有签发证书 'no issuing authority' trust.pem
  root_fingerprint=$(openssl x509 -outform DER <<<"$root" | digest) || fail 格式错误 malformed trust.pem
  if [[ -n ${ROOT+x} ]]; then
    [[ $ROOT =~ ^[0-9A-Fa-f]{64}$ ]] || fail 'ROOT 不是 64 位十六进制指纹' 'ROOT is not 64 hexadecimal digits' "$ROOT"
    [[ ${ROOT,,} == "$root_fingerprint" ]] || fail 根证书不是所指定的 'the root is not the one in ROOT' "$root_fingerprint"
  fi
  passed "$root_fingerprint"
}

check_lists() {
  local file list shown authority serial
  local -a blocks
  step 吊销列表 'revocation lists'
  for file in crls/*.pem; do
    { read_pem "$file" 'X509 CRL' && ((${#blocks[@]} == 1)) && list=$(openssl crl <<<"${blocks[0]}" 2>/dev/null); } ||
      fail 格式错误 malformed "$file"
    [[ $(openssl crl -noout -verify -no-CApath -no-CAstore -CAfile <(printf '%s\n' "$root" "${issuing[@]}") <<<"$list" 2>&1) == 'verify OK' ]] ||
      fail 签名不符 'its signature does not match' "$file"
    shown=$(openssl crl -noout -text <<<"$list" 2>/dev/null) || fail 格式错误 malformed "$file"
    for authority in "${issuing[@]}"; do
      serial=$(openssl x509 -noout -serial <<<"$authority")
      [[ $shown$'\n' != *"Serial Number: ${serial#serial=}"$'\n'* ]] || fail '签发机构已被吊销，本脚本不作判断' 'an issuing authority is revoked: this script cannot judge' "$file"
    done
    lists+=("$list")
  done
  ((${#lists[@]})) || fail 缺少文件 missing crls
  passed "(${#lists[@]})"
}

check_log_key() {
  local key
  local -a blocks
  { read_pem log.pub.pem 'PUBLIC KEY' && ((${#blocks[@]} == 1)); } || fail 格式错误 malformed log.pub.pem
  key=$(openssl pkey -pubin -outform DER <<<"${blocks[0]}" 2>/dev/null | xxd -p -c 64) || fail 格式错误 malformed log.pub.pem
  [[ ${key:0:24} == "$ED25519" && ${#key} -eq 88 ]] || fail '不是 Ed25519 公钥' 'not an Ed25519 key' log.pub.pem
  key=${key:24}
  log_key=$(digest_hex "$key")
  origin=${field[log.origin]-}
  [[ $origin =~ ^[^[:cntrl:][:space:]+\"\\]+$ ]] || fail 日志名称不合规定 'not the name of a log'
  key_id=$({ printf '%s\n\1' "$origin"; xxd -r -p <<<"$key"; } | digest)
  key_id=${key_id:0:8}
}

check_receipt() { # number
  local base=receipts/$1 certificate moment entry leaf
  { read_json "$base.json" && [[ ${field[type]-} == receipt/v1 && ${field[evidence_id]-} =~ ^[0-9a-f]{32}$ ]]; } ||
    fail 格式错误 malformed "$base.json"
  seconds_of "${field[at]-}" || fail 格式错误 malformed "$base.json"
  moment=$REPLY
  [[ -n $log_key ]] || check_log_key
  token_time "$base.tsr" || fail 时间戳格式错误 'the time stamp is malformed' "$base.tsr"
  [[ $REPLY == "$moment" ]] || fail 回执时间与时间戳不符 'receipt time and time stamp differ' "$base.tsr"
  check_token "$base.tsr" "$base.p7s" "$moment" || fail 时间戳不符 'the time stamp does not match' "$base.tsr"
  certificate=$(signer_of "$base.p7s" "$base.json" "$moment") ||
    fail 回执验签未通过 'the signature does not match, or its certificate was not valid then' "$base.p7s"
  { names_in "$certificate" && [[ $names == county//receipt ]]; } || fail 签名证书不是县回执证书 "the certificate is not the county's for receipts" "$base.p7s"
  { signing_time "$base.p7s" && [[ $REPLY == "$moment" ]]; } || fail 签名时间与时间戳不符 'signing time and time stamp differ' "$base.p7s"
  [[ ${field[log.origin]-} == "$origin" && ${field[log.key]-} == "$log_key" ]] ||
    fail 回执与日志标识不符 'the receipt names another log' "$base.json"
  entry=$({ printf '%s' "$text" && openssl enc -none -in "$base.p7s"; } | digest)
  check_proof "$base.tlog-proof" "$entry" || fail 日志包含证明或检查点不符 'the inclusion proof or its checkpoint does not match' "$base.tlog-proof"
  check_statement "$base" "$moment"
  keep_receipt "$leaf"
}

# Where a person signed the act: the statement is the one whose digest the receipt holds, it says what the receipt says, and it
# is signed with that person's own certificate, which was valid then. What the sender did with a recipient's copy names that recipient;
# what it did to the item as a whole (FormClosure) names none.
check_statement() { # base moment; the receipt in `field`
  local base=$1 certificate part concerned
  local -A receipt=()
  if [[ ${field[asserted_by]-} == county-service && -z ${field[statement]+x} ]]; then
    [[ -z ${sum[$base.statement.json]+x}${sum[$base.statement.p7s]+x} ]] || fail 回执并未指明办理声明 'the receipt names no statement' "$base.statement.json"
    return
  fi
  [[ ${field[asserted_by]-} == person && ${field[statement]-} =~ ^[0-9a-f]{64}$ ]] || fail 格式错误 malformed "$base.json"
  { [[ -n ${sum[$base.statement.json]+x} && -n ${sum[$base.statement.p7s]+x} ]] &&
    [[ $(cat_files "$base.statement.json" "$base.statement.p7s" | digest) == "${field[statement]}" ]]; } ||
    fail 办理声明与回执不符 'the statement is not the one that the receipt names' "$base.statement.json"
  certificate=$(signer_of "$base.statement.p7s" "$base.statement.json" "$2") ||
    fail 办理签名验签未通过 'the signature of the act does not match, or its certificate was not valid then' "$base.statement.p7s"
  { names_in "$certificate" && [[ $names == "${field[recipient]-}/${field[by]-}/" || $names == "${field[office]-}/${field[by]-}/" ]]; } ||
    fail 办理签名不是回执所列人员的 'the act was signed by somebody else' "$base.statement.p7s"
  for part in "${!field[@]}"; do receipt[$part]=${field[$part]}; done
  { read_json "$base.statement.json" && [[ ${field[type]-} == statement/v1 && ${field[event]-} == "${receipt[event]-}" &&
    ${field[submission]-} == "${receipt[submission]-}" && $names == "${field[office]-}/${field[person]-}/" &&
    ${field[person]-} == "${receipt[by]-}" ]]; } || fail 办理声明说的是另一件事 'the statement is about another act' "$base.statement.json"
  concerned="${receipt[recipient]-}/"
  [[ -z ${field[recipient]+x} ]] || concerned="${receipt[office]-}/${receipt[recipient]-}"
  [[ ${receipt[event]-} != FormClosure ]] || concerned="${receipt[office]-}/${receipt[recipient]-}"
  [[ "${field[office]-}/${field[recipient]-}" == "$concerned" ]] ||
    fail 办理声明说的是另一件事 'the statement is about another act' "$base.statement.json"
  { seconds_of "${field[at]-}" && (($2 - REPLY <= 900 && REPLY - $2 <= 900)); } ||
    fail 办理声明不是当时签署的 'the statement was signed at another time' "$base.statement.json"
  statements=$((statements + 1)) field=()
  for part in "${!receipt[@]}"; do field[$part]=${receipt[$part]}; done
}

cat_files() { # files, with nothing but openssl
  local file
  for file in "$@"; do openssl enc -none -in "$file"; done
}

keep_receipt() { # leaf: remembers what the later steps ask of the receipt in `field`
  if ((${#ids[@]} == 0)); then
    submission=${field[submission]-} office=${field[office]-} person=${field[by]-} received_at=${field[received_at]-}
    container_digest=${field[digests.container]-} manifest_digest=${field[digests.manifest]-}
  fi
  [[ ${field[submission]-} == "$submission" ]] || fail 回执不是这一件的 'the receipt is for another submission' "receipts/$number.json"
  ids+=("${field[evidence_id]}") links+=("${field[previous]-}") events+=("${field[event]-}")
  instants+=("${field[at]}") recipients+=("${field[recipient]-}") leaves+=("$1")
}

check_receipts() {
  local number part parts=0
  step 回执 receipts
  while printf -v number '%03d' $((${#ids[@]} + 1)) && [[ -n ${sum[receipts/$number.json]+x} ]]; do
    check_receipt "$number"
  done
  for part in "${!sum[@]}"; do [[ $part != receipts/* ]] || parts=$((parts + 1)); done
  ((parts && parts == 4 * ${#ids[@]} + 2 * statements)) || fail 回执须从001起连续编号 'receipts are not numbered from 001 without a gap'
  passed "(${#ids[@]})"
}

check_content() {
  local file number signature_uri
  local -a members starts ends
  local -A listed accounted=([container/mimetype]=1)
  step 公文数据包内容 'content of the container'
  [[ ${events[0]} == SubmissionAcceptance ]] || fail 第一份不是接收回执 'the first receipt is not the acceptance'
  [[ ${sum[container.asice]} == "$container_digest" && $manifest_digest == "$submission" &&
    ${sum[container/META-INF/ASiCManifest001.xml]-} == "$submission" ]] || fail 回执不是这一件的 'the acceptance is for another container'
  read_members
  [[ $(reassemble 2>/dev/null | digest) == "$container_digest" ]] || fail 'container/ 与 container.asice 不一致' 'container/ is not container.asice unpacked'
  for ((number = 1; ; number++)); do
    printf -v file 'container/META-INF/%s%03d.%s' ASiCManifest "$number" xml
    [[ -n ${sum[$file]+x} ]] || break
    read_manifest "$file" || fail 签名清单格式错误 'the manifest is malformed' "$file"
    accounted[$file]=1
    printf -v file 'META-INF/signature%03d.p7s' "$number"
    [[ $signature_uri == "$file" && -n ${sum[container/$file]+x} ]] || fail 清单未指明其签名 'the manifest does not name its signature' "$file"
    accounted[container/$file]=1
    for file in "${!listed[@]}"; do
      [[ ${sum[$file]-} == "${listed[$file]}" ]] || fail 文件内容与签名清单不符 'differs from the signed manifest' "$file"
      ((number == 1)) || [[ -n ${accounted[$file]+x} ]] || fail 各签名清单不一致 'the manifests list different files' "$file"
      accounted[$file]=1
    done
    ((${#accounted[@]} == 1 + 2 * number + ${#listed[@]})) || fail 各签名清单不一致 'the manifests list different files'
  done
  for file in "${!sum[@]}"; do
    [[ $file != container/* || -n ${accounted[$file]+x} ]] || fail 未列入签名清单 'not listed in the signed manifest' "$file"
  done
  ((${#members[@]} == ${#accounted[@]})) || fail 'container/ 与 container.asice 不一致' 'container/ is not container.asice unpacked'
  signatures=$((number - 1))
  passed "(${#listed[@]})"
}

check_signatures() {
  local number pair certificate moment
  step 报送签名 'signature of the sender'
  seconds_of "$received_at" || fail 接收回执没有收到时刻 'the acceptance does not tell when it was received'
  moment=$REPLY
  [[ ! $received_at > ${instants[0]} ]] || fail 收到时刻晚于回执时刻 'received after it was receipted'
  for ((number = signatures; number; number--)); do
    printf -v pair '%03d' "$number"
    certificate=$(signer_of "container/META-INF/signature$pair.p7s" "container/META-INF/ASiCManifest$pair.xml" "$moment") ||
      fail 验签未通过 'the signature does not match, or its certificate was not valid then' "signature$pair.p7s"
    { names_in "$certificate" && [[ $names == ?*/?*/ ]]; } || fail 签名证书不是人员证书 "the certificate is not a person's" "signature$pair.p7s"
  done
  # the first signature came last: it is the sender's
  read_json container/metadata.json || fail 报送信息格式错误 'the metadata is malformed' container/metadata.json
  [[ ${name[office]} == "${field[from]-}" ]] || fail 签名人不属于发文单位 'the signer belongs to another office' "${name[office]}"
  [[ $names == "$office/$person/" ]] || fail 回执所记发送人不符 'the acceptance names another sender' "$office $person"
  sender=$(openssl x509 -noout -subject -nameopt utf8,esc_ctrl,sep_comma_plus_space,sname <<<"$certificate") || sender=
  sender=${sender#subject=}
  passed "($signatures)"
}

# Each receipt names the one before. What one recipient did is not another's business: a recipient's bundle is an extract
# and may have gaps, when there are other recipients, in the container or by a later supplementary delivery, and all receipts are the
# acceptance's, of supplementary deliveries, or that recipient's. What a recipient wrote on its handling slip is in its own bundles alone: each names what happened at that recipient before it, no other names one.
check_history() {
  local i at gap='' before=''
  local -A concerned=() invited=() seen=() there=()
  step 回执先后 'order of the receipts'
  for at in "${!field[@]}"; do [[ ! $at =~ ^(to|cc)\.[0-9]+$ ]] || invited[_${field[$at]}]=1; done
  [[ -z ${links[0]} ]] || fail 缺少首份回执 'the first receipt is missing'
  for i in "${!ids[@]}"; do
    if [[ ${events[i]} == SupplementaryDelivery ]]; then
      invited[_${recipients[i]}]=1
    elif [[ -n ${recipients[i]} ]]; then
      concerned[_${recipients[i]}]=1
    fi
    seen[_${ids[i]}]=1
    at=$before before=${ids[i]}
    ((i)) || continue
    { [[ ${events[i]} != SubmissionAcceptance && ! ${instants[i]} < ${instants[i - 1]} ]] && ((leaves[i] > leaves[i - 1])); } ||
      fail 回执先后颠倒 'a receipt is older than the one before it' "$((i + 1))"
    if [[ ${events[i]} == @(Proposal|Instruction|Conclusion) ]]; then
      [[ -n ${recipients[i]} && -n ${links[i]} && ${links[i]} == "${there[_${recipients[i]}]-}" ]] ||
        fail 缺少回执 'a receipt is missing before' "$((i + 1))"
      there[_${recipients[i]}]=${ids[i]} before=$at
      continue
    fi
    there[_${recipients[i]}]=${ids[i]}
    [[ ${links[i]} == "$at" ]] && continue
    gap=${gap:-$((i + 1))}
    # a link to a receipt that is here, but not the one before, is no gap but a forgery
    [[ -z ${seen[_${links[i]}]+x} ]] || fail 缺少回执 'a receipt is missing before' "$gap"
  done
  if [[ -n $gap ]]; then
    extract_for=${!concerned[*]} extract_for=${extract_for#_}
    { ((${#concerned[@]} == 1 && ${#invited[@]} > 1)) && [[ -n ${invited[_$extract_for]+x} ]]; } || fail 缺少回执 'a receipt is missing before' "$gap"
  fi
  passed
}

report() {
  local i
  printf '\n核验通过。All checks passed.\n\n'
  printf '报送件 submission   %s\n' "$submission"
  printf '发文单位 from       %s\n' "$office"
  printf '经办人 sent by      %s  %s\n' "$person" "$sender"
  printf '收到 received at    %s\n' "$received_at"
  for i in "${!ids[@]}"; do
    printf '回执 receipt %03d    %s  %s %s  %s\n' $((i + 1)) "${instants[i]}" "${EVENTS[${events[i]}]-事件}" "${events[i]}" "${recipients[i]}"
  done
  [[ -z $extract_for ]] ||
    printf '摘录 extract        其他收文单位的回执不在内。 Receipts of recipients other than %s are left out.\n' "$extract_for"
  printf '日志 log            %s\n' "$origin"
  printf '日志公钥 log key    %s\n' "$log_key"
  printf '根证书指纹 root     %s\n' "$root_fingerprint"
  if [[ -n ${ROOT+x} ]]; then
    printf '                    与 ROOT 一致。 It is the one given in ROOT.\n'
  else
    printf '                    请与可信来源的指纹核对。 Compare it with the fingerprint from a source you trust.\n'
  fi
}

main() {
  local root='' root_fingerprint='' log_key='' origin='' key_id='' sender='' extract_for='' signatures=0
  local submission='' office='' person='' received_at='' container_digest='' manifest_digest=''
  local -a issuing=() lists=() ids=() links=() events=() instants=() recipients=() leaves=()
  if [[ ! -e SHA256SUMS && ${BASH_SOURCE[0]-} == */* ]]; then
    cd "${BASH_SOURCE[0]%/*}" || exit 1
  fi
  [[ $(openssl version 2>/dev/null) =~ ^OpenSSL\ ([3-9]|[1-9][0-9])\. ]] || fail '需要 OpenSSL 3.0 以上' 'OpenSSL 3.0 or later is needed'
  type -P xxd >/dev/null || fail '需要 xxd' 'xxd is needed'
  check_files
  check_root
  check_lists
  check_receipts
  check_content
  check_signatures
  check_history
  report
}

main
