/* Carries planned changes out, as the firmware would. UEFI-46, UEFI-54,
 * UEFI-55.
 *
 * Source: edk2 SecurityPkg/Library/AuthVariableLib/AuthService.c:
 * FilterSignatureList, UpdatePlatformMode; MdeModulePkg/Universal/Variable/
 * RuntimeDxe/Variable.c:UpdateVariable.
 */
#include "change.h"

#include "core/setting.h"
#include "core/siglist.h"
#include "core/update.h"

#include <string.h>

static const char *const names[KF_NUM_CHANGE_KINDS] = {
	[KF_CHANGE_REPLACE] = "replace",
	[KF_CHANGE_APPEND] = "append",
	[KF_CHANGE_REMOVE] = "remove",
	[KF_CHANGE_SETTING] = "setting",
};

const char *kf_change_kind_name(enum kf_change_kind kind)
{
	return kind > 0 && kind < KF_NUM_CHANGE_KINDS ? names[kind] : "none";
}

const struct kf_variable *kf_change_target(const char *name)
{
	for (size_t i = 0; i < KF_NUM_VARIABLES; i++) {
		const struct kf_variable *v = &kf_variables[i];

		/* The others are told by the firmware, or by its setup. */
		if ((v->attributes == KF_VARIABLE_SIGNED || v->hidden) &&
		    (kf_same(v->part, name) || kf_same(v->name, name)))
			return v;
	}
	return NULL;
}

/* updating is an update while it is found out what it was signed for. */
struct updating {
	struct kf_artifact artifact;
	const struct kf_rules *rules;
	struct kf_verdict *verdict;
	struct kf_bytes key;	/* a list of the first signer's certificate */
	struct kf_env *env;
	enum kf_status status;
};

/* ask asks of a device that has nothing but a PK. */
static void ask(struct updating *u, const char *variable,
		const char *attributes)
{
	struct kf_part pk = { .name = "pk", .presence = KF_PRESENT,
			      .bytes = u->key, .timed = true };
	struct kf_store store = { .complete = true };

	if (!kf_store_put(&store, &pk) ||
	    !kf_store_set(&store, "variable", variable) ||
	    !kf_store_set(&store, "attributes", attributes)) {
		u->status = KF_NO_MEMORY;
		return;
	}
	kf_store_prepare(&store, u->rules, u->env);
	u->status = kf_check(u->verdict, &u->artifact, &store, u->rules,
			     u->env);
}

/* holds tells whether the signature covers a write: it is accepted from a PK
 * that is the signer, or refused for what comes behind the signature. */
static bool holds(struct updating *u, const char *variable,
		  const char *attributes)
{
	static const char *const behind[] = { "update-content",
					      "update-nothing-to-delete" };
	size_t used = u->env->arena->used;

	if (u->status == KF_OK)
		ask(u, variable, attributes);
	u->env->arena->used = used;
	if (u->status != KF_OK)
		return false;
	for (size_t i = 0; i < 2 && u->verdict->answer == KF_REJECT; i++)
		if (kf_same(u->verdict->why.reason->slug, behind[i]))
			return true;
	return u->verdict->answer == KF_ACCEPT;
}

/* take_signer learns who signed. Returns whether somebody did. */
static bool take_signer(struct updating *u)
{
	const struct kf_signature_result *s = &u->verdict->signature[0];

	ask(u, "db", "0x67");
	if (u->status != KF_OK || u->verdict->num_signatures == 0 ||
	    s->num_chain == 0)
		return false;
	u->status = kf_siglist_of_certificates(&u->key, &s->chain[0], 1,
					       u->env->arena);
	return u->status == KF_OK;
}

static void find_target(struct kf_change *out, struct updating *u)
{
	static const struct { const char *attributes; bool append; } ways[] = {
		{ "0x67", true }, { "0x27", false },
	};

	for (size_t i = 0; i < KF_NUM_VARIABLES; i++) {
		const struct kf_variable *v = &kf_variables[i];

		for (size_t w = 0; v->attributes == KF_VARIABLE_SIGNED &&
				   w < 2; w++) {
			if (!holds(u, v->name, ways[w].attributes))
				continue;
			out->part = v->part;
			out->kind = ways[w].append ? KF_CHANGE_APPEND
				: out->value.len ? KF_CHANGE_REPLACE
				: KF_CHANGE_REMOVE;
			return;
		}
	}
}

/* take_header takes time and value, as far as they are there. */
static void take_header(struct kf_change *out, struct kf_bytes file)
{
	size_t len = file.len < KF_UPDATE_HEADER_LEN ? file.len
						     : KF_UPDATE_HEADER_LEN;
	struct kf_update header;

	kf_update_read(&header, kf_part_of(file, 0, len), file.len);
	out->kind = KF_CHANGE_REPLACE;
	out->update = file;
	out->time = header.time;
	out->timed = true;
	if (header.adds_up)
		out->value = kf_part_of(file, header.value_at,
					header.value_len);
}

enum kf_status kf_change_update(struct kf_change *out, struct kf_bytes file,
				struct kf_env *env)
{
	size_t used = env->arena->used;
	struct kf_source source = kf_bytes_source(&file);
	struct updating u = { .env = env };

	memset(out, 0, sizeof(*out));
	take_header(out, file);
	u.rules = kf_rules_find("edk2-variable");
	u.verdict = kf_arena_take(env->arena, sizeof(*u.verdict));
	if (!u.verdict)
		return KF_NO_MEMORY;
	kf_artifact_read(&u.artifact, NULL, &source, env);
	kf_artifact_prepare(&u.artifact, u.rules, env);
	u.status = u.artifact.status;
	if (u.status == KF_OK && take_signer(&u))
		find_target(out, &u);
	kf_artifact_close(&u.artifact, env);
	env->arena->used = used;
	return u.status;
}

/* list is one signature list, its header taken apart. */
struct list {
	struct kf_bytes head;	/* up to its first entry */
	struct kf_bytes type;
	uint32_t entry_len;
	struct kf_cursor entries;
};

/* next_list takes the next list. Returns false at the end, and where the lists
 * stop to add up: the firmware gets no further there either. */
static bool next_list(struct list *out, struct kf_cursor *c,
		      struct kf_bytes whole)
{
	size_t at = c->pos;
	uint32_t len, header_len;

	if (!kf_more(c))
		return false;
	out->type = kf_take(c, KF_GUID_LEN, "SignatureType");
	len = kf_u32le(c, "SignatureListSize");
	header_len = kf_u32le(c, "SignatureHeaderSize");
	out->entry_len = kf_u32le(c, "SignatureSize");
	if (len < KF_SIGLIST_HEADER_LEN ||
	    header_len > len - KF_SIGLIST_HEADER_LEN || !out->entry_len)
		kf_break(c, "SignatureListSize");
	kf_skip(c, header_len, "SignatureHeaderSize");
	out->entries = kf_cursor_over(kf_take(c, (uint64_t)len -
					      KF_SIGLIST_HEADER_LEN -
					      header_len,
					      "SignatureListSize"), 0);
	out->head = kf_part_of(whole, at,
			       (uint64_t)KF_SIGLIST_HEADER_LEN + header_len);
	return !c->damage.field;
}

/* is_known tells whether an entry is there: of the same type and size, with the
 * same owner and bytes. */
static bool is_known(struct kf_bytes old, struct kf_bytes type,
		     struct kf_bytes entry)
{
	struct kf_cursor c = kf_cursor_over(old, 0);
	struct list l;

	while (next_list(&l, &c, old)) {
		if (l.entry_len != entry.len || !kf_equal(l.type, type))
			continue;
		while (kf_left(&l.entries) >= entry.len)
			if (kf_equal(kf_take(&l.entries, entry.len, "entry"),
				     entry))
				return true;
	}
	return false;
}

static size_t put(uint8_t *out, size_t at, struct kf_bytes bytes)
{
	if (bytes.len)
		memcpy(out + at, bytes.data, bytes.len);
	return at + bytes.len;
}

/* put_new writes what of one list is new, from `at` on; a list of which nothing
 * is, is left out. Returns where it ends. */
static size_t put_new(uint8_t *out, size_t at, struct list *l,
		      struct kf_bytes old)
{
	size_t start = at, first;

	at = first = put(out, at, l->head);
	while (kf_left(&l->entries) >= l->entry_len) {
		struct kf_bytes entry = kf_take(&l->entries, l->entry_len,
						"entry");

		if (!is_known(old, l->type, entry))
			at = put(out, at, entry);
	}
	if (at == first)
		return start;
	for (size_t i = 0; i < 4; i++)
		out[start + KF_GUID_LEN + i] = (uint8_t)((at - start) >>
							 8 * i);
	return at;
}

/* is_united tells whether the firmware leaves known entries out. What is no
 * variable of its own it appends as it is, and PK too. */
static bool is_united(const char *part)
{
	const struct kf_variable *v = kf_variable_of(part);

	return v && v->attributes == KF_VARIABLE_SIGNED && !kf_same(part, "pk");
}

/* join puts a value behind what is there. */
static enum kf_status join(struct kf_bytes *out, struct kf_bytes old,
			   const struct kf_change *change, struct kf_env *env)
{
	struct kf_cursor c = kf_cursor_over(change->value, 0);
	size_t len = old.len;
	struct list l;
	uint8_t *room;

	if (is_united(change->part) &&
	    kf_siglist_damage(change->value).field)
		return KF_WRONG_USE;
	if (change->value.len > SIZE_MAX - len)
		return KF_NO_MEMORY;
	room = kf_arena_take(env->arena, len + change->value.len);
	if (!room)
		return KF_NO_MEMORY;
	len = put(room, 0, old);
	if (!is_united(change->part))
		len = put(room, len, change->value);
	else
		while (next_list(&l, &c, change->value))
			len = put_new(room, len, &l, old);
	*out = kf_view(room, len);
	return KF_OK;
}

/* later keeps, of two times of writes, the later one; of one that is not known,
 * nothing is. */
static void later(struct kf_part *part, const struct kf_change *change)
{
	if (!change->timed)
		part->timed = false;
	else if (part->timed &&
		 kf_moment_compare(&change->time, &part->time) > 0)
		part->time = change->time;
}

static enum kf_status append(struct kf_part *part,
			     const struct kf_change *change,
			     struct kf_env *env)
{
	static const struct kf_moment zeros;

	if (change->value.len == 0 || part->presence == KF_UNKNOWN)
		return KF_OK;
	part->from = part->presence == KF_PRESENT ? NULL : change->text;
	part->at = 0;
	if (part->presence == KF_PRESENT) {
		later(part, change);
		return join(&part->bytes, part->bytes, change, env);
	}
	/* An append that creates the variable leaves no time in it. */
	part->presence = KF_PRESENT;
	part->bytes = change->value;
	part->time = zeros;
	part->timed = true;
	return KF_OK;
}

/* written is the part that a write leaves. */
static enum kf_status written(struct kf_part *part,
			      const struct kf_change *change,
			      struct kf_env *env)
{
	const struct kf_variable *v = kf_variable_of(part->name);

	if (change->kind == KF_CHANGE_APPEND)
		return append(part, change, env);
	part->presence = change->kind == KF_CHANGE_REPLACE && change->value.len
		? KF_PRESENT : KF_ABSENT;
	part->bytes = part->presence == KF_PRESENT ? change->value
						   : kf_view(NULL, 0);
	part->at = 0;
	part->shown = false;
	part->attributes = v && part->presence == KF_PRESENT ? v->attributes
							     : 0;
	part->time = change->time;
	part->timed = part->presence == KF_PRESENT && change->timed;
	part->from = part->presence == KF_PRESENT ? change->text : NULL;
	return KF_OK;
}

static void forget(struct kf_store *store, const char *name)
{
	size_t kept = 0;

	for (size_t i = 0; i < store->num_parts; i++)
		if (!kf_same(store->part[i].name, name))
			store->part[kept++] = store->part[i];
	store->num_parts = kept;
	kept = 0;
	for (size_t i = 0; i < store->num_settings; i++)
		if (!kf_same(store->setting[i].name, name))
			store->setting[kept++] = store->setting[i];
	store->num_settings = kept;
}

/* follow_pk: the first PK, and the loss of one, change the mode, and Secure
 * Boot with it, whatever was told of these. */
static void follow_pk(struct kf_store *store, enum kf_presence before)
{
	enum kf_presence now = kf_store_presence(store, "pk");

	if (now == KF_UNKNOWN || now == before ||
	    (now == KF_PRESENT && before == KF_UNKNOWN))
		return;
	forget(store, "secure-boot");
	forget(store, "secure-boot-enable");
	forget(store, "setup-mode");
}

enum kf_status kf_change_apply(struct kf_store *out,
			       const struct kf_store *from,
			       const struct kf_change *change,
			       struct kf_env *env)
{
	enum kf_presence pk = kf_store_presence(from, "pk");
	const struct kf_part *old;
	struct kf_part part = { .name = change->part };
	enum kf_status status;

	if (out != from)
		*out = *from;
	out->num_prepared = 0;
	if (!change->part)
		return KF_OK;
	if (change->kind == KF_CHANGE_SETTING)
		return kf_store_set(out, change->part, change->word)
			? KF_OK : KF_NO_MEMORY;
	old = kf_store_part(out, change->part);
	if (old)
		part = *old;
	part.presence = kf_store_presence(out, change->part);
	status = written(&part, change, env);
	if (status != KF_OK)
		return status;
	if (part.presence == KF_PRESENT && !part.attributes &&
	    kf_variable_of(part.name))
		part.attributes = kf_variable_of(part.name)->attributes;
	if (!kf_store_put(out, &part))
		return KF_NO_MEMORY;
	if (kf_same(change->part, "pk"))
		follow_pk(out, pk);
	return KF_OK;
}
