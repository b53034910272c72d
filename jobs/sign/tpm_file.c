/* TPM 2.0: keys that a TPM has wrapped, in files as tpm2-tss-engine and
 * tpm2-openssl write them.
 *
 * Source: "ASN.1 Specification for TPM 2.0 Key Files", 3.1, TPMKey.
 */
#include "tpm.h"

#include "file.h"

#include "host/base64.h"

#include <stdlib.h>
#include <string.h>

enum {
	TAG_BOOLEAN = 0x01,
	TAG_INTEGER = 0x02,
	TAG_OCTETS = 0x04,
	TAG_OID = 0x06,
	TAG_SEQUENCE = 0x30,
	TAG_EMPTY_AUTH = 0xa0,
	TAG_POLICY = 0xa1,
	TAG_SECRET = 0xa2,
	TAG_AUTH_POLICY = 0xa3,
};

/* take_value takes an element, with one or two bytes of length at most.
 * Returns its tag; 0: there is none. */
static unsigned take_value(struct kf_cursor *c, struct kf_bytes *value)
{
	unsigned tag = kf_u8(c, "tag");
	uint64_t len = kf_u8(c, "length");

	if (len == 0x81)
		len = kf_u8(c, "length");
	else if (len == 0x82)
		len = kf_u16be(c, "length");
	else if (len > 0x7f)
		kf_break(c, "length");
	*value = kf_take(c, len, "value");
	return c->damage.field ? 0 : tag;
}

static enum kf_status damaged(struct kf_fault *why)
{
	kf_fault_say(why, NULL, "is no key file of a TPM, or is damaged");
	return KF_WRONG_USE;
}

static enum kf_status by_policy(struct kf_fault *why)
{
	kf_fault_say(why, "keyfit signs with keys that a PIN opens, or nothing",
		     "the key is used by a policy, or has to be imported first");
	return KF_WRONG_USE;
}

static bool read_numbers(struct kf_tpm *t, struct kf_bytes parent,
			 struct kf_bytes public, struct kf_bytes private)
{
	size_t at = 0;

	for (size_t i = 0; i < parent.len; i++)
		t->wrapped.parent = t->wrapped.parent << 8 | parent.data[i];
	if (parent.len > 5 || !public.len || !private.len ||
	    t->mu.TPM2B_PUBLIC_Unmarshal(public.data, public.len, &at,
					 &t->wrapped.public) !=
	    TSS2_RC_SUCCESS)
		return false;
	at = 0;
	return t->mu.TPM2B_PRIVATE_Unmarshal(private.data, private.len, &at,
					     &t->wrapped.private) ==
	       TSS2_RC_SUCCESS;
}

/* read_key reads a TPMKey. */
static enum kf_status read_key(struct kf_tpm *t, struct kf_bytes der,
			       struct kf_fault *why)
{
	static const uint8_t loadable[] = { 0x67, 0x81, 0x05, 0x0a, 0x01,
					    0x03 };
	struct kf_cursor c = kf_cursor_over(der, 0);
	struct kf_bytes value, oid, parent, public, private;
	unsigned tag;

	if (take_value(&c, &value) != TAG_SEQUENCE)
		return damaged(why);
	c = kf_cursor_over(value, 0);
	if (take_value(&c, &oid) != TAG_OID)
		return damaged(why);
	if (!kf_equal(oid, kf_view(loadable, sizeof(loadable))))
		return by_policy(why);
	for (tag = take_value(&c, &value); tag >= TAG_EMPTY_AUTH;
	     tag = take_value(&c, &value))
		if (tag == TAG_POLICY || tag == TAG_SECRET ||
		    tag == TAG_AUTH_POLICY)
			return by_policy(why);
	parent = value;
	if (tag != TAG_INTEGER || take_value(&c, &public) != TAG_OCTETS ||
	    take_value(&c, &private) != TAG_OCTETS ||
	    !read_numbers(t, parent, public, private))
		return damaged(why);
	t->wrapped.there = true;
	return KF_OK;
}

/* read_text decodes the block between its two lines. */
static enum kf_status read_text(struct kf_tpm *t, const char *text,
				struct kf_fault *why)
{
	static const char mark[] = "-----BEGIN TSS2 PRIVATE KEY-----";
	const char *from = strstr(text, mark);
	const char *to = from ? strstr(from, "-----END ") : NULL;
	struct kf_bytes der;
	enum kf_status status;
	size_t len = 0;
	char *line;
	uint8_t *room;

	if (!to)
		return damaged(why);
	line = calloc(1, (size_t)(to - from) + 1);
	room = calloc(1, (size_t)(to - from) + 5);
	for (from += sizeof(mark) - 1; line && from < to; from++)
		if (!strchr(" \t\r\n", *from))
			line[len++] = *from;
	if (!line || !room)
		status = KF_NO_MEMORY;
	else
		status = kf_base64_read(&der, room, line)
			? read_key(t, der, why) : damaged(why);
	free(line);
	free(room);
	return status;
}

enum kf_status kf_tpm_file_read(struct kf_tpm *t, const char *path,
				struct kf_fault *why)
{
	struct kf_text_file file = { 0 };
	enum kf_status status = kf_text_file_read(&file, path,
						  KF_KEY_FILE_MAX, why);

	if (status == KF_OK)
		status = read_text(t, (const char *)file.bytes.data, why);
	kf_text_file_close(&file);
	return status;
}
