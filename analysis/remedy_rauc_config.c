/* Remedies of RAUC that are words in a file: another setting in the device's
 * system.conf, or another line in the bundle's manifest.
 *
 * Of what is compared with the device, the device's half is changed to find
 * out whether nothing else stands in the way: the two have to be the same.
 *
 * Source: as of the rules in core/rules/rauc.
 */
#include "remedy_rauc.h"

#include "core/keyfile.h"

#include <string.h>

const char kf_rauc_first[] = "the device has to get this first, by an update that it takes, or by hand";

/* Where no other anchor is left. */
static const char by_hand[] = "no update can repair this: it has to be brought to the device by hand";

/* config is system.conf; empty: it is not known. */
static struct kf_bytes config(const struct kf_attempt *a)
{
	const struct kf_part *part = kf_store_part(a->store, "config");

	return part && part->presence == KF_PRESENT ? part->bytes
						    : kf_view(NULL, 0);
}

/* read takes system.conf apart. Fails: false. */
static bool read(struct kf_keyfile *out, struct kf_attempt *a)
{
	struct kf_bytes file = config(a);

	if (!file.len)
		return false;
	a->status = kf_keyfile_read(out, file, a->env);
	return a->status == KF_OK && !out->damage.field;
}

struct kf_bytes kf_rauc_config(struct kf_attempt *a, const char *group,
			       const char *key)
{
	struct kf_keyfile_entry *e;
	struct kf_keyfile file;

	if (!read(&file, a))
		return kf_view(NULL, 0);
	e = kf_keyfile_entry_of(&file, kf_keyfile_group_of(&file, group), key);
	return e ? e->value : kf_view(NULL, 0);
}

/* line_of is where the line at a place starts, and with `end` where it
 * ends. */
static size_t line_of(struct kf_bytes text, size_t at, bool end)
{
	if (!end) {
		while (at > 0 && text.data[at - 1] != '\n')
			at--;
		return at;
	}
	while (at < text.len && text.data[at] != '\n')
		at++;
	return at < text.len ? at + 1 : at;
}

/* put adds text to what is being written. */
static void put(uint8_t *out, size_t *len, struct kf_bytes text)
{
	if (text.len)
		memcpy(out + *len, text.data, text.len);
	*len += text.len;
}

/* put_line adds a line KEY=VALUE. */
static void put_line(uint8_t *out, size_t *len, const char *key,
		     const char *value)
{
	put(out, len, kf_text(key));
	put(out, len, kf_text("="));
	put(out, len, kf_text(value));
	put(out, len, kf_text("\n"));
}

/* is_of tells whether a line is of the key that is changed. */
static bool is_of(const struct kf_keyfile *file, size_t group,
		  struct kf_bytes key, size_t from, size_t to)
{
	for (size_t i = 0; i < file->num_entries; i++) {
		const struct kf_keyfile_entry *e = &file->entry[i];

		if (e->group == group && e->at >= from && e->at < to &&
		    kf_equal(e->key, key))
			return true;
	}
	return false;
}

struct kf_bytes kf_rauc_configured(struct kf_attempt *a, const char *group,
				   const char *key, const char *value)
{
	struct kf_bytes old = config(a);
	struct kf_keyfile file;
	size_t number, len = 0;
	uint8_t *out;

	if (!read(&file, a))
		return kf_view(NULL, 0);
	number = kf_keyfile_group_of(&file, group);
	if (number == file.num_groups)
		return kf_view(NULL, 0);
	out = kf_arena_take(a->env->arena, old.len + kf_text(key).len +
			    (value ? kf_text(value).len : 0) + 4);
	if (!out) {
		a->status = KF_NO_MEMORY;
		return kf_view(NULL, 0);
	}
	for (size_t at = 0; at < old.len;) {
		size_t end = line_of(old, at, true);

		if (!is_of(&file, number, kf_text(key), at, end))
			put(out, &len, kf_part_of(old, at, end - at));
		if (value && file.group[number].at >= at &&
		    file.group[number].at < end) {
			if (len && out[len - 1] != '\n')
				out[len++] = '\n';
			put_line(out, &len, key, value);
		}
		at = end;
	}
	return kf_view(out, len);
}

/* set_otherwise offers one setting, if it helps. */
static bool set_otherwise(struct kf_attempt *a, const char *group,
			  const char *key, const char *value)
{
	const struct kf_trial trial = {
		.part = "config",
		.bytes = kf_rauc_configured(a, group, key, value),
	};
	struct kf_remedy *r;

	if (!trial.bytes.len || a->num == a->max || !kf_try(a, &trial))
		return false;
	r = kf_offer(a, KF_CONFIGURE);
	r->part = "config";
	r->setting = key;
	r->value = value;
	r->caution = kf_rauc_first;
	return true;
}

/* words keeps a text with a NUL behind it. */
static const char *words(struct kf_attempt *a, struct kf_bytes text)
{
	char *out = kf_arena_take(a->env->arena, text.len + 1);

	if (out && text.len)
		memcpy(out, text.data, text.len);
	else if (!out)
		a->status = KF_NO_MEMORY;
	return out;
}

/* take_out offers to drop the line that RAUC does not take. */
static void take_out(struct kf_attempt *a)
{
	const struct kf_evidence *line = &a->verdict->why.evidence[0];
	struct kf_keyfile file;

	if (!kf_is_why(a, "policy-invalid") ||
	    a->verdict->why.num_evidence == 0 ||
	    line->kind != KF_EV_FIELD || !read(&file, a))
		return;
	for (size_t i = 0; i < file.num_entries; i++) {
		const struct kf_keyfile_entry *e = &file.entry[i];
		const char *group, *key;

		if (e->at != line->at)
			continue;
		group = words(a, file.group[e->group].name);
		key = words(a, e->key);
		if (group && key)
			(void)set_otherwise(a, group, key, NULL);
		return;
	}
}

void kf_rauc_configure(struct kf_attempt *a)
{
	static const struct {
		const char *reason, *group, *key, *value, *caution;
	} ways[] = {
		{ "purpose-not-allowed", "keyring", "check-purpose",
		  "codesign", NULL },
		{ "chain-not-to-root", "keyring", "allow-partial-chain",
		  "true", NULL },
		{ "chain-expired", "keyring", "use-bundle-signing-time",
		  "true", "whoever has the key of an ended certificate can still sign" },
		{ "anchor-expired", "keyring", "use-bundle-signing-time",
		  "true", NULL },
		{ "chain-not-yet-valid", "keyring", "use-bundle-signing-time",
		  "true", NULL },
		{ "signing-time-unusable", "keyring",
		  "use-bundle-signing-time", "false", NULL },
		{ "verifier-fault", "keyring", "use-bundle-signing-time",
		  "false", NULL },
		{ "format-not-allowed", "system", "bundle-formats",
		  "verity crypt", "the device then takes no plain bundles" },
		{ "policy-invalid", "keyring", "check-purpose", NULL, NULL },
	};

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]) &&
			   a->status == KF_OK; i++) {
		if (!kf_is_why(a, ways[i].reason) ||
		    !set_otherwise(a, ways[i].group, ways[i].key,
				   ways[i].value))
			continue;
		if (ways[i].caution)
			a->out[a->num - 1].caution = ways[i].caution;
		if (kf_is_why(a, "anchor-expired") && a->num == 1)
			a->out[0].caution = by_hand;
		return;
	}
	take_out(a);
}

/* told is what the verdict says of a setting of the device; NULL: nothing. */
static const char *told(const struct kf_attempt *a, const char *name)
{
	const struct kf_finding *why = &a->verdict->why;

	for (size_t i = 0; i < why->num_evidence; i++)
		if (why->evidence[i].kind == KF_EV_SETTING &&
		    kf_same(why->evidence[i].name, name))
			return why->evidence[i].text;
	return NULL;
}

/* says is what the bundle says in that place. */
static const char *says(const struct kf_attempt *a)
{
	const struct kf_finding *why = &a->verdict->why;

	for (size_t i = 0; i < why->num_evidence; i++)
		if (why->evidence[i].kind == KF_EV_TEXT)
			return why->evidence[i].text;
	return NULL;
}

/* build offers a bundle that says what the device wants to hear. */
static void build(struct kf_attempt *a, const char *key, const char *value,
		  const char *setting, const char *otherwise)
{
	const struct kf_trial trial = {
		.part = "config",
		.bytes = kf_rauc_configured(a, "system", setting, otherwise),
	};
	struct kf_remedy *r;

	if (!trial.bytes.len || a->num == a->max || !kf_try(a, &trial))
		return;
	r = kf_offer(a, KF_BUILD_OTHERWISE);
	r->setting = key;
	r->value = value;
}

void kf_rauc_build(struct kf_attempt *a)
{
	const char *compatible = told(a, "compatible");
	const char *least = told(a, "min-bundle-version");

	if (kf_is_why(a, "compatible-mismatch") && compatible && says(a)) {
		build(a, "compatible", compatible, "compatible", says(a));
		if (a->num)
			a->out[a->num - 1].caution = "where it is made for this device; else this is the wrong bundle";
	}
	if (kf_is_why(a, "version-too-old") && least)
		build(a, "version", least, "min-bundle-version", NULL);
}
