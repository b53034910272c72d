/* The policy file, read strictly.
 */
#include "policy.h"

#include "host/reading.h"
#include "host/sshsig.h"

#include <stdio.h>
#include <string.h>

enum {
	LIST_MAX = 64,
	DAY_MINUTES = 24 * 60,
	RSA_BITS_MIN = 2048,
	LONG_S = 366 * 24 * 3600,
};

/* read_key reads a person's key: a line of OpenSSH's, or PEM. */
static void read_key(struct kf_reading *r, struct kf_key *out,
		     const struct kf_config *c)
{
	const char *text = kf_reading_item(r, c, "keys");
	enum kf_status status;

	if (!text)
		return;
	if (strstr(text, "PRIVATE KEY")) {
		kf_reading_wrong(r, "keys", "holds a private key");
		return;
	}
	status = kf_ssh_key_read(out, kf_text(text), r->env);
	if (status == KF_WRONG_USE)
		status = r->env->crypto->key_read(r->env->crypto->self, out,
						  kf_text(text),
						  r->env->arena);
	if (status == KF_WRONG_USE || out->kind == KF_KEY_OTHER)
		kf_reading_wrong(r, "keys", "holds what is no public key of Ed25519, ECDSA or RSA, as OpenSSH or PEM writes it");
	else if (status != KF_OK)
		kf_reading_wrong(r, "keys", "cannot be read: out of memory");
	else if (out->kind == KF_KEY_RSA && out->bits < RSA_BITS_MIN)
		kf_reading_wrong(r, "keys", "holds an RSA key of less than 2048 bits");
	if (status == KF_NO_MEMORY)
		r->status = status;
}

static void read_roles(struct kf_reading *r, struct kf_person *out,
		       const struct kf_config *group)
{
	const char *const *role = kf_reading_items(r,
		kf_reading_list(r, group, "roles", KF_NEEDED, KF_NUM_ROLES),
		"roles");

	for (; role && *role; role++) {
		int i = 0;

		while (kf_role_names[i] && strcmp(kf_role_names[i], *role) != 0)
			i++;
		if (kf_role_names[i])
			out->roles |= KF_ROLE(i);
		else
			kf_reading_wrong(r, "roles", "holds what is none");
	}
	if (!out->roles)
		kf_reading_wrong(r, "roles", "holds none");
}

static void read_person(struct kf_reading *r, struct kf_person *out,
			const struct kf_config *group)
{
	static const char *const names[] = { "name", "group", "roles", "keys",
					     NULL };
	const struct kf_config *list;
	struct kf_key *key;

	if (group->type != KF_CONFIG_GROUP) {
		kf_reading_wrong(r, "people", "holds what is no object");
		return;
	}
	kf_reading_names(r, group, names);
	out->name = kf_reading_text(r, group, "name", KF_NEEDED);
	out->group = kf_reading_text(r, group, "group", KF_NEEDED);
	read_roles(r, out, group);
	list = kf_reading_list(r, group, "keys", KF_NEEDED,
			       KF_PERSON_KEYS_MAX);
	key = kf_reading_room(r, list ? list->num : 0, sizeof(*key));
	out->key = key;
	if (list && !list->num)
		kf_reading_wrong(r, "keys", "holds none");
	for (const struct kf_config *c = list ? list->first : NULL;
	     c && r->status == KF_OK; c = c->next)
		read_key(r, &key[out->num_keys++], c);
}

static void read_people(struct kf_reading *r, struct kf_policy *out,
			const struct kf_config *root)
{
	const struct kf_config *list = kf_reading_list(r, root, "people",
						       KF_NEEDED,
						       KF_PEOPLE_MAX);
	struct kf_person *person = kf_reading_room(r, list ? list->num : 0,
						   sizeof(*person));

	out->person = person;
	for (const struct kf_config *c = list ? list->first : NULL;
	     c && r->status == KF_OK; c = c->next)
		read_person(r, &person[out->num_people++], c);
}

static void read_quorum(struct kf_reading *r, struct kf_quorum *out,
			const struct kf_config *group)
{
	out->approvals = (unsigned)kf_reading_number(r, group, "approvals",
						     KF_NEEDED,
						     KF_APPROVALS_MAX);
	out->groups = (unsigned)kf_reading_number(r, group, "groups",
						  KF_MAYBE, KF_APPROVALS_MAX);
	if (group && out->approvals == 0)
		kf_reading_wrong(r, "approvals", "is 0");
}

/* minute_of reads "08:30"; -1: it is none. */
static int minute_of(const char *text)
{
	unsigned hour, minute;
	char end;

	if (strlen(text) != 5 ||
	    sscanf(text, "%2u:%2u%c", &hour, &minute, &end) != 2 ||
	    text[2] != ':' || hour > 24 || minute > 59 ||
	    hour * 60 + minute > DAY_MINUTES)
		return -1;
	return (int)(hour * 60 + minute);
}

static void read_days(struct kf_reading *r, struct kf_window *out,
		      const struct kf_config *group)
{
	static const char *const days[] = { "mon", "tue", "wed", "thu", "fri",
					    "sat", "sun" };
	const char *const *day = kf_reading_items(r,
		kf_reading_list(r, group, "days", KF_NEEDED, 7), "days");

	for (; day && *day; day++) {
		int i = 0;

		while (i < 7 && strcmp(days[i], *day) != 0)
			i++;
		if (i == 7)
			kf_reading_wrong(r, "days", "holds what is none of mon, tue, wed, thu, fri, sat, sun");
		else
			out->days |= (uint8_t)(1 << i);
	}
	if (!out->days)
		kf_reading_wrong(r, "days", "holds none");
}

/* read_window: one that ends before it starts ends on the next day. */
static void read_window(struct kf_reading *r, struct kf_window *out,
			const struct kf_config *group)
{
	static const char *const names[] = { "days", "from", "to", NULL };
	const char *from, *to;
	int start, end;

	if (group->type != KF_CONFIG_GROUP) {
		kf_reading_wrong(r, "windows", "holds what is no object");
		return;
	}
	kf_reading_names(r, group, names);
	read_days(r, out, group);
	from = kf_reading_text(r, group, "from", KF_NEEDED);
	to = kf_reading_text(r, group, "to", KF_NEEDED);
	start = from ? minute_of(from) : -1;
	end = to ? minute_of(to) : -1;
	if (start < 0 || end < 0 || start == DAY_MINUTES) {
		kf_reading_wrong(r, "windows", "holds a time that is not like 08:30");
		return;
	}
	out->from_minute = (unsigned)start;
	out->minutes = (unsigned)(end > start ? end - start
					      : end - start + DAY_MINUTES);
}

static void read_windows(struct kf_reading *r, struct kf_ruled_key *out,
			 const struct kf_config *group)
{
	const struct kf_config *list = kf_reading_list(r, group, "windows",
						       KF_MAYBE, LIST_MAX);
	struct kf_window *window = kf_reading_room(r, list ? list->num : 0,
						   sizeof(*window));

	out->window = window;
	/* None at all could be read as never, and as always. */
	if (list && !list->num)
		kf_reading_wrong(r, "windows", "holds none");
	for (const struct kf_config *c = list ? list->first : NULL;
	     c && r->status == KF_OK; c = c->next)
		read_window(r, &window[out->num_windows++], c);
}

static void read_limits(struct kf_reading *r, struct kf_ruled_key *out,
			const struct kf_config *group)
{
	static const char *const names[] = { "signatures", "seconds", NULL };
	const struct kf_config *rate = kf_reading_group(r, group, "rate",
							KF_MAYBE);

	kf_reading_names(r, rate, names);
	if (rate) {
		out->rate = kf_reading_number(r, rate, "signatures", KF_NEEDED,
					      UINT32_MAX);
		out->rate_s = kf_reading_number(r, rate, "seconds", KF_NEEDED,
						LONG_S);
		if (!out->rate || !out->rate_s)
			kf_reading_wrong(r, "rate", "holds a 0");
	}
	read_windows(r, out, group);
	out->rebuilds = (unsigned)kf_reading_number(r, group, "rebuilds",
						    KF_MAYBE, KF_REBUILDS_MAX);
}

static const char *const *read_list(struct kf_reading *r,
				    const struct kf_config *group,
				    const char *name)
{
	const struct kf_config *list = kf_reading_list(r, group, name,
						       KF_NEEDED, LIST_MAX);

	if (list && !list->num)
		kf_reading_wrong(r, name, "holds none");
	return kf_reading_items(r, list, name);
}

static void read_ruled(struct kf_reading *r, struct kf_ruled_key *out,
		       const struct kf_config *group)
{
	static const char *const names[] = {
		"name", "spki_sha256", "environment", "products", "formats",
		"approvals", "groups", "rate", "windows", "rebuilds", NULL,
	};

	if (group->type != KF_CONFIG_GROUP) {
		kf_reading_wrong(r, "keys", "holds what is no object");
		return;
	}
	kf_reading_names(r, group, names);
	out->name = kf_reading_text(r, group, "name", KF_NEEDED);
	kf_reading_hash(r, &out->spki, group, "spki_sha256", KF_NEEDED);
	out->environment = (enum kf_environment)kf_reading_word(
		r, group, "environment", kf_environment_names);
	if (r->status == KF_OK && out->environment == KF_ENVIRONMENT_NONE)
		kf_reading_wrong(r, "environment", "is none of production, test, legacy");
	out->product = read_list(r, group, "products");
	out->format = read_list(r, group, "formats");
	read_quorum(r, &out->quorum, group);
	read_limits(r, out, group);
}

static void read_keys(struct kf_reading *r, struct kf_policy *out,
		      const struct kf_config *root)
{
	const struct kf_config *list = kf_reading_list(r, root, "keys",
						       KF_NEEDED,
						       KF_RULED_KEYS_MAX);
	struct kf_ruled_key *key = kf_reading_room(r, list ? list->num : 0,
						   sizeof(*key));

	out->key = key;
	for (const struct kf_config *c = list ? list->first : NULL;
	     c && r->status == KF_OK; c = c->next)
		read_ruled(r, &key[out->num_keys++], c);
}

static void read_top(struct kf_reading *r, struct kf_policy *out,
		     const struct kf_config *root)
{
	static const char *const names[] = {
		"keyfit_policy", "name", "version", "previous", "expires",
		"change", "emergency", "people", "keys", NULL,
	};
	static const char *const quorum[] = { "approvals", "groups", NULL };
	const struct kf_config *change, *emergency;

	kf_reading_names(r, root, names);
	if (kf_reading_number(r, root, "keyfit_policy", KF_NEEDED, 1) != 1)
		kf_reading_wrong(r, "keyfit_policy", "is not 1");
	out->name = kf_reading_text(r, root, "name", KF_NEEDED);
	out->version = kf_reading_number(r, root, "version", KF_NEEDED,
					 UINT32_MAX);
	if (out->version == 0)
		kf_reading_wrong(r, "version", "is 0");
	kf_reading_hash(r, &out->previous, root, "previous",
			out->version == 1 ? KF_MAYBE : KF_NEEDED);
	out->expires_s = kf_reading_time(r, root, "expires", KF_MAYBE);
	change = kf_reading_group(r, root, "change", KF_NEEDED);
	kf_reading_names(r, change, quorum);
	read_quorum(r, &out->change, change);
	emergency = kf_reading_group(r, root, "emergency", KF_MAYBE);
	kf_reading_names(r, emergency, quorum);
	read_quorum(r, &out->emergency, emergency);
}

enum kf_status kf_policy_read(struct kf_policy *out, struct kf_bytes payload,
			      struct kf_env *env, struct kf_fault *why)
{
	struct kf_reading r = { env, "the policy", KF_OK, why };
	const struct kf_config *root;
	const char *wrong;

	memset(out, 0, sizeof(*out));
	if (payload.len > KF_POLICY_MAX) {
		kf_reading_wrong(&r, NULL, "is larger than 32 KiB");
		return r.status;
	}
	r.status = kf_hash_of(&out->sha256, payload, env->crypto);
	root = kf_reading_start(&r, payload);
	if (r.status != KF_OK)
		return r.status;
	read_top(&r, out, root);
	read_people(&r, out, root);
	read_keys(&r, out, root);
	if (r.status != KF_OK)
		return r.status;
	wrong = kf_policy_sound(out);
	if (wrong)
		kf_reading_wrong(&r, NULL, wrong);
	return r.status;
}

enum kf_status kf_policy_open(struct kf_policy *out, struct kf_sealed *sealed,
			      uint64_t *signers, struct kf_bytes text,
			      struct kf_env *env, struct kf_fault *why)
{
	enum kf_status status = kf_sealed_read(sealed, text, KF_TYPE_POLICY,
					       env, why);

	*signers = 0;
	if (status == KF_OK)
		status = kf_policy_read(out, sealed->dsse.payload, env, why);
	if (status == KF_OK)
		status = kf_sealed_signers(signers, sealed, out, env);
	return status;
}
