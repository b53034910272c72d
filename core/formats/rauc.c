/* A RAUC bundle: plain, verity or crypt.
 *
 * It is known by the CMS at its end. The manifest of a verity or crypt bundle
 * stands in that CMS, and is shown as it is, its secret key left out; that of
 * a plain bundle lies in the squashfs, which the host opens.
 *
 * Source: rauc/rauc, src/bundle.c:open_local_bundle, check_bundle at v1.8;
 * RFC 5652, 3 (ContentInfo).
 */
#include "core/facts.h"
#include "core/keyfile.h"
#include "core/rauc.h"

enum { START_LEN = 32 };

/* is_content_info: SEQUENCE, its length in any form, and the OID of signed or
 * enveloped data. */
static bool is_content_info(struct kf_bytes start)
{
	static const uint8_t oid[] = { 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
				       0xf7, 0x0d, 0x01, 0x07 };
	size_t at = 2;
	uint8_t kind;

	if (start.len < START_LEN || start.data[0] != 0x30)
		return false;
	if (start.data[1] > 0x80 && start.data[1] <= 0x84)
		at += start.data[1] & 0x7f;
	kind = start.data[at + sizeof(oid)];
	return kf_equal(kf_part_of(start, at, sizeof(oid)),
			kf_view(oid, sizeof(oid))) &&
	       (kind == 2 || kind == 3);
}

static bool recognise(struct kf_bytes head, const struct kf_source *source)
{
	uint8_t start[START_LEN];
	struct kf_rauc bundle;

	(void)head;
	if (kf_rauc_read(&bundle, source) != KF_OK || bundle.damage.field ||
	    bundle.cms_len < sizeof(start) ||
	    !source->read_at(source->self, bundle.cms_at, start,
			     sizeof(start)))
		return false;
	return is_content_info(kf_view(start, sizeof(start)));
}

static void read(struct kf_artifact *out, struct kf_env *env)
{
	struct kf_rauc *bundle = kf_arena_take(env->arena, sizeof(*bundle));

	if (!bundle) {
		out->status = KF_NO_MEMORY;
		return;
	}
	out->description = bundle;
	out->status = kf_rauc_read(bundle, out->source);
	if (out->status == KF_OK)
		kf_artifact_damage(out, bundle->damage);
}

/* describe_keys shows the keys of one group. A crypt bundle's own key is a
 * secret as soon as the bundle is encrypted. */
static void describe_keys(const struct kf_keyfile *file, size_t group,
			  const struct kf_sink *sink, struct kf_env *env)
{
	kf_fact_open(sink, NULL);
	kf_fact_text(sink, "group", file->group[group].name);
	for (size_t i = 0; i < file->num_entries; i++) {
		const struct kf_keyfile_entry *e = &file->entry[i];
		struct kf_bytes value = e->value;

		if (e->group != group)
			continue;
		kf_fact_open(sink, NULL);
		kf_fact_text(sink, "key", e->key);
		(void)kf_keyfile_text(&value, e->value, false, env->arena);
		if (kf_equal(e->key, kf_text("crypt-key")))
			kf_fact_word(sink, "value", "(a secret)");
		else
			kf_fact_text(sink, "value", value);
		kf_fact_close(sink);
	}
	kf_fact_close(sink);
}

static void describe_manifest(struct kf_bytes text, const struct kf_sink *sink,
			      struct kf_env *env)
{
	struct kf_keyfile file;
	enum kf_status status = kf_keyfile_read(&file, text, env);

	if (status != KF_OK) {
		kf_fact_fault(sink, status);
		return;
	}
	kf_fact_open(sink, "manifest");
	for (size_t i = 0; i < file.num_groups; i++)
		describe_keys(&file, i, sink, env);
	kf_fact_close(sink);
	if (file.damage.field)
		kf_fact_word(sink, "manifest-damage", file.damage.field);
}

/* bundle_format is how RAUC takes the bundle: by the form of the CMS, and
 * then by what the manifest in it says. */
static const char *bundle_format(const struct kf_cms_facts *facts,
				 struct kf_env *env)
{
	struct kf_keyfile_entry *e;
	struct kf_keyfile file;

	if (facts->is_enveloped)
		return "crypt, encrypted";
	if (facts->detached)
		return "plain";
	if (kf_keyfile_read(&file, facts->content, env) != KF_OK)
		return "unknown";
	e = kf_keyfile_entry_of(&file, kf_keyfile_group_of(&file, "bundle"),
				"format");
	if (e && kf_equal(e->value, kf_text("crypt")))
		return "crypt, not encrypted";
	return e && kf_equal(e->value, kf_text("verity")) ? "verity"
							  : "unknown";
}

static void describe_cms(const struct kf_cms *cms, const struct kf_sink *sink,
			 struct kf_env *env)
{
	struct kf_cms_facts facts;
	enum kf_status status = env->crypto->cms_facts(cms, &facts,
						       env->arena);

	if (status != KF_OK) {
		kf_fact_fault(sink, status);
		return;
	}
	kf_fact_word(sink, "bundle-format", bundle_format(&facts, env));
	if (facts.content.len)
		describe_manifest(facts.content, sink, env);
	kf_fact_open(sink, "signature");
	kf_fact_cms(sink, env, cms);
	kf_fact_close(sink);
}

/* describe_signature parses the CMS and says what is in it. */
static void describe_signature(const struct kf_artifact *artifact,
			       const struct kf_sink *sink, struct kf_env *env)
{
	const struct kf_crypto *crypto = env->crypto;
	struct kf_cms *cms = NULL;
	struct kf_bytes der;
	enum kf_status status = kf_rauc_cms(&der, artifact->description,
					    artifact->source, env);

	if (status == KF_WRONG_USE)
		return;
	if (status == KF_OK)
		status = crypto->cms_read ? crypto->cms_read(crypto->self,
							     &cms, der)
					  : KF_NO_CRYPTO;
	if (status != KF_OK)
		kf_fact_fault(sink, status);
	else if (cms)
		describe_cms(cms, sink, env);
	else
		kf_fact_word(sink, "signature", "no CMS");
	if (cms)
		crypto->cms_close(cms);
}

static void describe(const struct kf_artifact *artifact, struct kf_env *env,
		     const struct kf_sink *sink)
{
	const struct kf_rauc *bundle = artifact->description;
	struct kf_arena lent = *env->arena;
	struct kf_env local = *env;

	local.arena = &lent;
	kf_fact_number(sink, "payload-size", bundle->payload_len);
	kf_fact_number(sink, "signature-size", bundle->cms_len);
	describe_signature(artifact, sink, &local);
	kf_fact_damage(sink, artifact->damage, artifact->num_damage);
}

/* contents: what is not a squashfs from its first byte on is encrypted. */
static void contents(const struct kf_artifact *artifact,
		     struct kf_contents *out)
{
	const struct kf_rauc *bundle = artifact->description;
	const struct kf_source *source = artifact->source;
	uint8_t magic[4];

	if (bundle->payload_len < sizeof(magic) ||
	    !source->read_at(source->self, 0, magic, sizeof(magic)))
		return;
	out->kind = kf_equal(kf_view(magic, sizeof(magic)), kf_text("hsqs"))
		? KF_CONTENTS_SQUASHFS : KF_CONTENTS_SEALED;
	out->len = bundle->payload_len;
}

const struct kf_format kf_format_rauc = {
	.name = "rauc",
	.title = "RAUC bundle",
	.recognise = recognise,
	.read = read,
	.describe = describe,
	.contents = contents,
};
