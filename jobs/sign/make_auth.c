/* A signed update of a UEFI variable: time, signature, value.
 *
 * Source: UEFI 2.10, 8.2.2 (EFI_VARIABLE_AUTHENTICATION_2); what all firmware
 * takes: UEFI-43 to UEFI-48.
 */
#include "cms.h"

#include "core/update.h"

#include <string.h>

enum {
	/* Kept, of boot services and of runtime, by time. */
	ATTRIBUTES = 0x27,
	APPEND = 0x40,
	GUID_LEN = 16,
	NAME_LEN_MAX = 8,
};

#define GLOBAL { 0x61, 0xdf, 0xe4, 0x8b, 0xca, 0x93, 0xd2, 0x11, \
	0xaa, 0x0d, 0x00, 0xe0, 0x98, 0x03, 0x2b, 0x8c }
#define SECURITY { 0xcb, 0xb2, 0x19, 0xd7, 0x3a, 0x3d, 0x96, 0x45, \
	0xa3, 0xbc, 0xda, 0xd0, 0x0e, 0x67, 0x65, 0x6f }

/* Source: UEFI 2.10, 3.3 and 32.3. */
static const struct {
	const char *name;
	uint8_t vendor[GUID_LEN];
} variables[] = {
	{ "PK", GLOBAL }, { "KEK", GLOBAL }, { "db", SECURITY },
	{ "dbx", SECURITY }, { "dbt", SECURITY },
};

/* WIN_CERTIFICATE_UEFI_GUID with the GUID of PKCS#7, behind dwLength. */
static const uint8_t kind[] = {
	0x00, 0x02, 0xf1, 0x0e,
	0x9d, 0xd2, 0xaf, 0x4a, 0xdf, 0x68, 0xee, 0x49,
	0x8a, 0xa9, 0x34, 0x7d, 0x37, 0x56, 0x65, 0xa7,
};

static size_t find(const char *name)
{
	size_t i = 0;

	while (i < sizeof(variables) / sizeof(variables[0]) &&
	       strcmp(variables[i].name, name) != 0)
		i++;
	return i;
}

static enum kf_status suits(const struct kf_making *m, struct kf_fault *why)
{
	if (find(m->ask.variable) < sizeof(variables) / sizeof(variables[0]))
		return KF_OK;
	kf_fault_say(why, "one of PK, KEK, db, dbx, dbt",
		     "%.32s is no variable that is updated so",
		     m->ask.variable);
	return KF_WRONG_USE;
}

static unsigned digits(const char *text, size_t len)
{
	unsigned value = 0;

	for (size_t i = 0; i < len; i++)
		value = value * 10 + (unsigned)(text[i] - '0');
	return value;
}

/* write_time writes an EFI_TIME; all behind the seconds is zero (UEFI-45). */
static void write_time(uint8_t out[KF_UPDATE_TIME_LEN], int64_t at_s)
{
	static const uint8_t places[] = { 5, 8, 11, 14, 17 };
	char text[24];
	unsigned year;

	memset(out, 0, KF_UPDATE_TIME_LEN);
	kf_time_write(text, at_s);
	year = digits(text, 4);
	out[0] = (uint8_t)year;
	out[1] = (uint8_t)(year >> 8);
	for (size_t i = 0; i < sizeof(places); i++)
		out[2 + i] = (uint8_t)digits(text + places[i], 2);
}

/* digest hashes what is signed: name in 16-bit characters, vendor, attributes,
 * time, value (UEFI-48). */
static enum kf_status digest(struct kf_making *m,
			     const uint8_t time[KF_UPDATE_TIME_LEN],
			     struct kf_bytes value)
{
	size_t index = find(m->ask.variable);
	const char *name = variables[index].name;
	uint8_t wide[2 * NAME_LEN_MAX] = { 0 }, attributes[4] = { ATTRIBUTES };
	void *state = m->crypto->digest_begin(m->crypto->self,
					      m->scheme.digest);

	if (!state)
		return KF_NO_CRYPTO;
	for (size_t i = 0; name[i]; i++)
		wide[2 * i] = (uint8_t)name[i];
	if (m->ask.append)
		attributes[0] |= APPEND;
	m->crypto->digest_add(state, kf_view(wide, 2 * strlen(name)));
	m->crypto->digest_add(state, kf_view(variables[index].vendor,
					     GUID_LEN));
	m->crypto->digest_add(state, kf_view(attributes, sizeof(attributes)));
	m->crypto->digest_add(state, kf_view(time, KF_UPDATE_TIME_LEN));
	m->crypto->digest_add(state, value);
	m->crypto->digest_end(state, &m->covered);
	return m->covered.len ? KF_OK : KF_NO_CRYPTO;
}

/* check: the value is lists of signatures, or nothing, which deletes. */
static enum kf_status check(struct kf_bytes value, struct kf_fault *why)
{
	const struct kf_store_kind *found = value.len
		? kf_store_kind_of(value) : NULL;

	if (!value.len || (found && strcmp(found->name, "esl") == 0))
		return KF_OK;
	kf_fault_say(why, "give what cert-to-efi-sig-list or efi-readvar writes, without a signature in front; an empty file deletes the variable",
		     "is no signature list");
	return KF_WRONG_USE;
}

static enum kf_status make(struct kf_making *m, struct kf_fault *why)
{
	uint8_t *head = kf_arena_take(m->env->arena, KF_UPDATE_HEADER_LEN);
	struct kf_cms_wish wish = { .bare = true, .inner = true };
	struct kf_bytes value, blob;
	uint32_t len;
	enum kf_status status;

	if (!head)
		return KF_NO_MEMORY;
	status = kf_source_keep(&value, m->source, m->env, 0, m->source->size);
	if (status == KF_OK)
		status = check(value, why);
	write_time(head, m->ask.at_s);
	if (status == KF_OK)
		status = digest(m, head, value);
	wish.digest = m->covered;
	if (status == KF_OK)
		status = kf_cms_make(&blob, m, &wish, why);
	if (status != KF_OK)
		return status;
	len = (uint32_t)(KF_UPDATE_CERTIFICATE_LEN + blob.len);
	for (size_t i = 0; i < 4; i++)
		head[KF_UPDATE_TIME_LEN + i] = (uint8_t)(len >> 8 * i);
	memcpy(head + KF_UPDATE_TIME_LEN + 4, kind, sizeof(kind));
	return kf_making_done(
		kf_patch_view(&m->patch, kf_view(head, KF_UPDATE_HEADER_LEN)) &&
		kf_patch_view(&m->patch, blob) &&
		kf_patch_view(&m->patch, value));
}

const struct kf_maker kf_maker_auth = {
	.name = "auth",
	.title = "a signed update of a UEFI variable, of signature lists",
	.schemes = KF_SIGNS(KF_SCHEME_RSA_PKCS1),
	.digests = 1u << KF_SHA256,
	.refuses = "edk2 verifies RSA alone (UEFI-22), and all of it takes SHA-256 alone here (UEFI-47)",
	.needs_certificate = true,
	.takes_certificate = true,
	.takes_time = true,
	.takes_variable = true,
	.suits = suits,
	.make = make,
};
