/* Words for the events of a measured boot, one line each.
 *
 * Source: TCG PC Client Platform Firmware Profile 1.06, 10.2 and 10.4; UEFI
 * 2.10, 10.3 (device paths); rhboot/shim 16.1, tpm.c; grub, grub-core/lib/
 * tpm.c.
 */
#include "event_words.h"

#include <inttypes.h>

#include "core/siglist.h"

enum {
	OWNER_LEN = 16,
	PATH_MEDIA = 4,
	PATH_FILE = 4,
	PATH_HEADER_LEN = 4,
};

/* wide writes UTF-16LE text, up to its NUL, as far as it is ASCII. */
static void wide(struct kf_output *out, struct kf_bytes text)
{
	for (size_t i = 0; i + 1 < text.len; i += 2) {
		uint8_t low = text.data[i];

		if (low == 0 && text.data[i + 1] == 0)
			return;
		if (text.data[i + 1] || low < 0x20 || low > 0x7e)
			low = '?';
		kf_output_add(out, (const char *)&low, 1);
	}
}

/* narrow writes a text without the NULs at its end. */
static void narrow(struct kf_output *out, struct kf_bytes text)
{
	while (text.len && text.data[text.len - 1] == 0)
		text.len--;
	kf_output_shown(out, text);
}

/* is_wide: is it text of 16 bits a character? */
static bool is_wide(struct kf_bytes text)
{
	return text.len >= 4 && text.data[0] && !text.data[1] &&
	       text.data[2] && !text.data[3];
}

/* entries counts what well-formed lists hold. */
static size_t entries(struct kf_bytes lists)
{
	struct kf_cursor c = kf_cursor_over(lists, 0);
	size_t num = 0;

	while (kf_more(&c)) {
		uint32_t len, header_len, entry_len;

		kf_skip(&c, OWNER_LEN, "SignatureType");
		len = kf_u32le(&c, "SignatureListSize");
		header_len = kf_u32le(&c, "SignatureHeaderSize");
		entry_len = kf_u32le(&c, "SignatureSize");
		if (entry_len == 0 || len < KF_SIGLIST_HEADER_LEN ||
		    header_len > len - KF_SIGLIST_HEADER_LEN)
			return num;
		kf_skip(&c, len - KF_SIGLIST_HEADER_LEN, "list");
		num += (len - KF_SIGLIST_HEADER_LEN - header_len) / entry_len;
	}
	return num;
}

/* authority names the entry by which something was allowed: an owner and a
 * certificate or a digest; shim's own certificate comes without an owner. */
static void authority(struct kf_output *out, struct kf_bytes data,
		      struct kf_env *env)
{
	struct kf_bytes rest = kf_part_of(data, OWNER_LEN,
					  data.len - OWNER_LEN);
	struct kf_certificate certificate;

	if (data.len >= OWNER_LEN &&
	    env->crypto->certificate_read(env->crypto->self, &certificate,
					  rest, env->arena) == KF_OK) {
		kf_output_text(out, ": \"");
		kf_output_shown(out, kf_text(certificate.name));
		kf_output_text(out, "\"");
	} else if (env->crypto->certificate_read(env->crypto->self,
						 &certificate, data,
						 env->arena) == KF_OK) {
		kf_output_text(out, ": \"");
		kf_output_shown(out, kf_text(certificate.name));
		kf_output_text(out, "\", without an owner");
	} else if (rest.len == 32) {
		kf_output_text(out, ": the digest ");
		kf_output_hex(out, rest);
	} else {
		kf_output_print(out, ": %zu bytes", data.len);
	}
}

/* rows writes a list of lines in one, as shim's SbatLevel is. */
static void rows(struct kf_output *out, struct kf_bytes text)
{
	for (size_t at = 0; at < text.len;) {
		size_t len = 0;

		while (at + len < text.len && text.data[at + len] != '\n' &&
		       text.data[at + len])
			len++;
		if (len)
			kf_output_text(out, at ? " " : ": ");
		kf_output_shown(out, kf_part_of(text, at, len));
		at += len + 1;
	}
}

static void variable(struct kf_output *out, const struct kf_event *event,
		     struct kf_env *env)
{
	static const char sbat_level[] = "S\0b\0a\0t\0L\0e\0v\0e\0l\0";
	struct kf_event_variable v;

	if (!kf_event_variable_read(&v, event->data)) {
		kf_output_print(out, "a variable that does not add up, %zu bytes",
				event->data.len);
		return;
	}
	if (kf_equal(v.name, kf_view(sbat_level, sizeof(sbat_level) - 1))) {
		wide(out, v.name);
		rows(out, v.data);
		return;
	}
	if (event->type == KF_EV_VARIABLE_AUTHORITY)
		/* A single byte is a state of shim's, no entry of a list. */
		kf_output_text(out, v.data.len > 1 ? "allowed by " : "");
	wide(out, v.name);
	if (event->type == KF_EV_VARIABLE_AUTHORITY && v.data.len > OWNER_LEN)
		authority(out, v.data, env);
	else if (v.data.len == 0)
		kf_output_text(out, ": empty or absent");
	else if (v.data.len == 1)
		kf_output_print(out, ": %u", v.data.data[0]);
	else if (kf_siglist_likely(v.data))
		kf_output_print(out, ": %zu %s, %zu bytes", entries(v.data),
				entries(v.data) == 1 ? "entry" : "entries",
				v.data.len);
	else
		kf_output_print(out, ": %zu bytes", v.data.len);
}

/* Source: the same, 10.2.3 (UEFI_IMAGE_LOAD_EVENT). */
bool kf_event_path(struct kf_output *out, struct kf_bytes data)
{
	struct kf_cursor c = kf_cursor_over(data, 0);
	bool named = false;

	kf_skip(&c, 8 + 8 + 8 + 8, "UEFI_IMAGE_LOAD_EVENT");
	while (kf_left(&c) >= PATH_HEADER_LEN) {
		uint8_t type = kf_u8(&c, "Type"), sub = kf_u8(&c, "SubType");
		uint16_t node_len = kf_u16le(&c, "Length");
		struct kf_bytes node;

		if (node_len < PATH_HEADER_LEN)
			break;
		node = kf_take(&c, node_len - PATH_HEADER_LEN, "node");
		if (type == PATH_MEDIA && sub == PATH_FILE) {
			wide(out, node);
			named = true;
		}
	}
	return named;
}

/* image tells the path that an image came from, and its length. */
static void image(struct kf_output *out, struct kf_bytes data)
{
	struct kf_cursor c = kf_cursor_over(data, 0);
	bool named = kf_event_path(out, data);
	uint64_t len;

	kf_skip(&c, 8, "ImageLocationInMemory");
	len = kf_u64le(&c, "ImageLengthInMemory");
	kf_output_print(out, "%s%" PRIu64 " bytes%s", named ? ", " : "an image of ",
			len, named ? "" : ", from no file");
}

static void separator(struct kf_output *out, struct kf_bytes data)
{
	struct kf_cursor c = kf_cursor_over(data, 0);
	uint32_t value = kf_u32le(&c, "value");

	if (data.len != 4)
		kf_output_print(out, "a separator of %zu bytes", data.len);
	else if (value == 0 || value == UINT32_MAX)
		kf_output_text(out, "here the firmware hands over");
	else
		kf_output_print(out, "an error: %" PRIu32, value);
}

static void no_action(struct kf_output *out, const struct kf_event *event)
{
	uint8_t locality;

	if (kf_event_locality(event, &locality))
		kf_output_print(out, "the TPM was started from locality %u",
				locality);
	else
		narrow(out, kf_part_of(event->data, 0,
				       event->data.len < 16 ? event->data.len
							    : 16));
}

void kf_event_words(struct kf_output *out, const struct kf_event *event,
		    struct kf_env *env)
{
	if (kf_event_is_variable(event->type)) {
		variable(out, event, env);
		return;
	}
	switch (event->type) {
	case KF_EV_NO_ACTION:
		no_action(out, event);
		break;
	case KF_EV_SEPARATOR:
		separator(out, event->data);
		break;
	case KF_EV_APPLICATION:
	case KF_EV_BOOT_DRIVER:
	case KF_EV_RUNTIME_DRIVER:
		image(out, event->data);
		break;
	case KF_EV_ACTION:
	case KF_EV_EFI_ACTION:
	case KF_EV_IPL:
	case KF_EV_POST_CODE:
	case KF_EV_S_CRTM_VERSION:
		if (is_wide(event->data))
			wide(out, event->data);
		else
			narrow(out, event->data);
		break;
	default:
		kf_output_print(out, "%zu bytes", event->data.len);
		break;
	}
}
