/* Gives each stage of each path its verdict, and each path what follows.
 *
 * The firmware decides by its rules and the device's store. A shim decides by
 * the rules of its version, and by a store that is the device's with this shim
 * in it. What several paths share is asked once.
 *
 * Source: rhboot/shim 16.1, shim.c:init_grub, efi_main (what shim does when it
 * refuses), loader-proto.c:shim_load_image (who answers LoadImage once shim
 * runs; since 16.0), fallback.c:try_start_first_option, efi_main (what it does
 * where that fails); GNU GRUB 2.06, grub-core/kern/efi/sb.c:
 * grub_shim_lock_verifier_setup; systemd 252, src/boot/efi/shim.c.
 */
#include "chain.h"
#include "chain_places.h"
#include "entries.h"

#include "core/reasons.h"
#include "core/shim.h"

#include <string.h>

enum {
	STEPS_A_BYTE = 8,
	STEPS_AT_LEAST = 32 << 20,
	LIST_LEN = 76,		/* of a signature list with one SHA-256 */
};

/* judging is what all stages share. */
struct judging {
	struct kf_chain *chain;
	const struct kf_chain_given *given;
	const struct kf_chain_judges *judges;
	struct kf_env *env;
	size_t culprit;
};

static struct kf_verdict *new_verdict(struct judging *j)
{
	struct kf_verdict *v = kf_arena_take(j->env->arena, sizeof(*v));

	if (v)
		v->outcome = "unknown";
	return v;
}

/* ask has one verifier judge one file. Each question has a budget of its own:
 * how many there are depends on the ESP, not on this file. */
static enum kf_status ask(struct judging *j, struct kf_verdict *out,
			  size_t file, const struct kf_rules *rules,
			  const struct kf_store *store)
{
	const struct kf_chain_file *f = &j->given->file[file];
	uint64_t size = f->artifact->source->size;
	enum kf_status status;

	j->culprit = file;
	f->env->steps = STEPS_AT_LEAST;
	if (size < UINT64_MAX / STEPS_A_BYTE - STEPS_AT_LEAST)
		f->env->steps += size * STEPS_A_BYTE;
	if (!kf_artifact_state(f->artifact, rules))
		kf_artifact_prepare(f->artifact, rules, f->env);
	status = kf_check(out, f->artifact, store, rules, f->env);
	if (status == KF_OK)
		j->culprit = KF_CHAIN_NO_FILE;
	return status;
}

static unsigned number_at(const char **text)
{
	unsigned n = 0;

	while (**text >= '0' && **text <= '9' && n < 10000)
		n = 10 * n + (unsigned)(*(*text)++ - '0');
	return n;
}

/* pick_rules finds the profiles of a shim's version: the one of just this
 * version, else the two it lies between; NULL: none on that side. */
static void pick_rules(const struct kf_rules *out[2], const char *version)
{
	static const struct {
		unsigned version;
		const char *rules;
	} table[] = {
		{ 150600, "shim-15.6" }, { 150700, "shim-15.7" },
		{ 150800, "shim-15.8" }, { 160100, "shim-16.1" },
	};
	const size_t num = sizeof(table) / sizeof(table[0]);
	unsigned v = number_at(&version) * 10000;

	out[0] = out[1] = NULL;
	if (*version == '.') {
		version++;
		v += number_at(&version) * 100;
	}
	for (size_t i = 0; i < num; i++) {
		if (v && table[i].version <= v)
			out[0] = kf_rules_find(table[i].rules);
		if (v && table[i].version >= v && !out[1])
			out[1] = kf_rules_find(table[i].rules);
	}
	/* What tells no version may be any. */
	if (!v)
		out[0] = kf_rules_find("shim-15.6");
	if (!out[1])
		out[1] = kf_rules_find("shim");
	if (out[0] == out[1])
		out[0] = NULL;
}

/* shim_store makes the store of one shim. */
static enum kf_status shim_store(struct judging *j,
				 const struct kf_store **out, size_t shim,
				 const struct kf_rules *rules, const char *via)
{
	const struct kf_chain_file *f = &j->given->file[shim];
	struct kf_part part = {
		.name = "shim",
		.presence = KF_PRESENT,
		.bytes = f->whole,
		.from = f->path,
	};
	struct kf_store *store = kf_arena_take(j->env->arena,
					       sizeof(*store));

	if (!store)
		return KF_NO_MEMORY;
	*store = *j->judges->for_shim;
	store->num_prepared = 0;
	if (!kf_store_put(store, &part) || !kf_store_set(store, "via", via))
		return KF_NO_MEMORY;
	j->env->steps = STEPS_AT_LEAST;
	kf_store_prepare(store, rules, j->env);
	*out = store;
	return store->status;
}

/* is_of tells whether a stage was judged with just these. */
static bool is_of(const struct kf_chain_stage *s, size_t shim,
		  const struct kf_rules *rules, const char *via)
{
	const char *had = s->store ? kf_store_setting(s->store, "via") : NULL;

	return s->verdict && s->shim == shim && s->rules == rules && had &&
	       kf_equal(kf_text(had), kf_text(via));
}

/* store_of finds or makes a store: those of the paths before are at hand. */
static enum kf_status store_of(struct judging *j,
			       const struct kf_store **out, size_t shim,
			       const struct kf_rules *rules, const char *via)
{
	for (size_t p = 0; p < j->chain->num_paths; p++)
		for (size_t i = 0; i < j->chain->path[p].num_stages; i++) {
			struct kf_chain_stage *s =
				&j->chain->path[p].stage[i];

			if (s->gate == KF_GATE_SELF ||
			    s->gate == KF_GATE_INSIDE ||
			    !is_of(s, shim, rules, via))
				continue;
			*out = s->store;
			return KF_OK;
		}
	return shim_store(j, out, shim, rules, via);
}

/* open_verdict says that keyfit cannot tell, and why. */
static void open_verdict(struct kf_verdict *v, const char *why)
{
	v->answer = KF_UNDECIDED;
	v->outcome = "unknown";
	kf_find(&v->why, KF_REASON_LOADER_UNKNOWN, NULL);
	kf_prove_text(&v->why, why);
}

/* by_shim asks one shim about one file; of a version between two that keyfit
 * knows, both. */
static enum kf_status by_shim(struct judging *j, struct kf_chain_stage *s,
			      const char *via)
{
	const char *version = j->given->file[s->shim].loader.version;
	struct kf_verdict *v = new_verdict(j), *other = NULL;
	const struct kf_rules *rules[2];
	enum kf_status status;

	pick_rules(rules, version);
	if (rules[0])
		other = new_verdict(j);
	if (!v || (rules[0] && !other))
		return KF_NO_MEMORY;
	if (rules[0]) {
		status = store_of(j, &s->store, s->shim, rules[0], via);
		if (status == KF_OK)
			status = ask(j, other, s->file, rules[0], s->store);
		if (status != KF_OK)
			return status;
	}
	status = store_of(j, &s->store, s->shim, rules[1], via);
	if (status == KF_OK)
		status = ask(j, v, s->file, rules[1], s->store);
	s->rules = rules[1];
	s->verdict = v;
	if (status != KF_OK || !other || other->answer == v->answer)
		return status;
	open_verdict(v, "this shim's version is none that keyfit knows, and those before and after it decide otherwise");
	return KF_OK;
}

static enum kf_status by_firmware(struct judging *j, struct kf_chain_stage *s)
{
	struct kf_verdict *v = new_verdict(j);

	if (!v)
		return KF_NO_MEMORY;
	s->rules = j->judges->firmware;
	s->store = j->judges->store;
	s->verdict = v;
	return ask(j, v, s->file, s->rules, s->store);
}

static bool is_reason(const struct kf_verdict *v, enum kf_reason_id id)
{
	return v->why.reason == &kf_reasons[id];
}

/* by_load_image: since 16.0 shim itself answers LoadImage, and lets pass what
 * has no .sbat. Before, systemd-boot asks shim and then the firmware. */
static enum kf_status by_load_image(struct judging *j,
				    struct kf_chain_stage *s)
{
	const char *version = j->given->file[s->shim].loader.version;
	unsigned major = number_at(&version);
	struct kf_chain_stage other = *s;
	enum kf_status status = by_shim(j, s, "protocol");

	if (status != KF_OK || s->verdict->answer == KF_UNDECIDED)
		return status;
	if (major >= 16 && s->verdict->answer == KF_ACCEPT) {
		status = by_shim(j, &other, "shim");
		if (status == KF_OK && other.verdict->answer != KF_ACCEPT &&
		    !is_reason(other.verdict, KF_REASON_SBAT_MISSING))
			*s = other;
	} else if (major < 16 && s->verdict->answer == KF_REJECT) {
		status = by_firmware(j, &other);
		if (status == KF_OK && other.verdict->answer != KF_REJECT)
			*s = other;
	}
	return status;
}

/* probe_list is a signature list that holds one SHA-256 digest. */
static enum kf_status probe_list(struct judging *j, struct kf_bytes *out,
				 const struct kf_digest *digest)
{
	static const uint8_t head[44] = {
		/* EFI_CERT_SHA256_GUID, sizes, owner */
		0x26, 0x16, 0xc4, 0xc1, 0x4c, 0x50, 0x92, 0x40, 0xac, 0xa9,
		0x41, 0xf9, 0x36, 0x93, 0x43, 0x28, LIST_LEN, 0, 0, 0,
		0, 0, 0, 0, 48, 0, 0, 0,
	};
	uint8_t *list = kf_arena_take(j->env->arena, LIST_LEN);

	if (!list)
		return KF_NO_MEMORY;
	memcpy(list, head, sizeof(head));
	memcpy(list + sizeof(head), digest->bytes, 32);
	*out = kf_view(list, LIST_LEN);
	return KF_OK;
}

/* put_bare leaves of a store just what shim's look at itself depends on: a
 * file that is trusted by its digest stands for shim. */
static bool put_bare(struct kf_store *store, struct kf_bytes list)
{
	static const char *const none[] = { "dbx", "mokx", "mok" };
	struct kf_part db = { .name = "db", .presence = KF_PRESENT,
			      .bytes = list };

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		struct kf_part part = { .name = none[i],
					.presence = KF_ABSENT };

		if (!kf_store_put(store, &part))
			return false;
	}
	return kf_store_put(store, &db) && kf_store_set(store, "nx", "off");
}

/* bare_store makes such a store, for the digest that a first look gave. */
static enum kf_status bare_store(struct judging *j, struct kf_store *out,
				 const struct kf_chain_stage *s,
				 const struct kf_digest *digest)
{
	struct kf_part ignores = { .name = "mok-db-state",
				   .presence = KF_ABSENT };
	struct kf_bytes list;
	enum kf_status status = probe_list(j, &list, digest);

	if (status != KF_OK)
		return status;
	*out = *s->store;
	out->num_prepared = 0;
	if (!put_bare(out, list) || !kf_store_put(out, &ignores))
		return KF_NO_MEMORY;
	j->env->steps = STEPS_AT_LEAST;
	kf_store_prepare(out, s->rules, j->env);
	return out->status;
}

/* by_itself: does shim come so far as to look for what is next? Its own rows
 * are held against the level; a file with the same rows, its own, that is
 * trusted by its digest is refused for that alone. */
static enum kf_status by_itself(struct judging *j, struct kf_chain_stage *s)
{
	struct kf_store *bare = kf_arena_take(j->env->arena, sizeof(*bare));
	struct kf_verdict *v;
	enum kf_status status = by_shim(j, s, "shim");

	if (status != KF_OK || !bare)
		return status == KF_OK ? KF_NO_MEMORY : status;
	if (s->verdict->image_digest.len != 32)
		return KF_OK;
	status = bare_store(j, bare, s, &s->verdict->image_digest);
	v = new_verdict(j);
	if (status != KF_OK || !v)
		return status == KF_OK ? KF_NO_MEMORY : status;
	s->store = bare;
	s->verdict = v;
	status = ask(j, v, s->file, s->rules, bare);
	/* Its signatures are the firmware's business. */
	v->num_signatures = 0;
	return status;
}

/* by_nobody: no rules were asked. */
static enum kf_status by_nobody(struct judging *j, struct kf_chain_stage *s)
{
	struct kf_verdict *v = new_verdict(j);

	if (!v)
		return KF_NO_MEMORY;
	s->verdict = v;
	if (s->gate == KF_GATE_INSIDE) {
		v->answer = KF_ACCEPT;
		v->outcome = "boots";
	} else if (s->file == KF_CHAIN_NO_FILE) {
		v->answer = KF_REJECT;
		v->outcome = "blocked-at-boot";
		kf_find(&v->why, KF_REASON_FILE_MISSING, NULL);
		kf_prove_text(&v->why, s->missing);
	} else {
		open_verdict(v, "whether it verifies what it starts depends on how it was built, and no shim is there to ask");
	}
	return KF_OK;
}

/* svn_asked: does dbx hold versions that Windows' programs have to be of?
 * UEFI-42. What cannot be walked may hold any. */
static enum kf_answer3 svn_asked(const struct kf_store *store)
{
	static const uint8_t owner[16] = {
		0x6c, 0x2b, 0x13, 0x9d, 0xd5, 0x59, 0x88, 0x43,
		0xab, 0x1c, 0x18, 0x5c, 0xfc, 0xb2, 0xeb, 0x92,
	};
	const struct kf_part *dbx = kf_store_part(store, "dbx");
	enum kf_presence presence = kf_store_presence(store, "dbx");
	struct kf_entries walk;
	struct kf_entry entry;

	if (presence != KF_PRESENT)
		return presence == KF_ABSENT ? KF_NO : KF_NOT_ASKED;
	walk = kf_entries_of(dbx->bytes);
	while (kf_entries_next(&walk, &entry))
		if (kf_equal(entry.owner, kf_view(owner, sizeof(owner))))
			return KF_YES;
	return walk.damage.field ? KF_NOT_ASKED : KF_NO;
}

/* by_version: what dbx asks of Windows' programs is known, and what this file
 * has is not: where there is something to ask, the answer is open. */
static enum kf_status by_version(struct judging *j, struct kf_chain_stage *s)
{
	struct kf_verdict *v = new_verdict(j);

	if (!v)
		return KF_NO_MEMORY;
	s->verdict = v;
	switch (svn_asked(j->judges->store)) {
	case KF_NO:
		v->answer = KF_ACCEPT;
		v->outcome = "boots";
		break;
	case KF_YES:
		open_verdict(v, "dbx asks for a security version (SVN) of Windows' boot programs, and keyfit cannot read the one that this file has");
		v->why.rule = "UEFI-42";
		break;
	default:
		kf_find(&v->why, KF_REASON_STORE_PART_UNKNOWN, "UEFI-42");
		kf_prove(&v->why, KF_EV_STORE_PART, "dbx");
		break;
	}
	return KF_OK;
}

/* known finds the same question among those that were answered. */
static bool known(const struct judging *j, struct kf_chain_stage *s)
{
	for (size_t p = 0; p < j->chain->num_paths; p++)
		for (size_t i = 0; i < j->chain->path[p].num_stages; i++) {
			const struct kf_chain_stage *t =
				&j->chain->path[p].stage[i];

			if (!t->verdict || t->file != s->file ||
			    t->gate != s->gate || t->shim != s->shim ||
			    s->file == KF_CHAIN_NO_FILE)
				continue;
			*s = *t;
			return true;
		}
	return false;
}

static enum kf_status judge_stage(struct judging *j,
				  struct kf_chain_stage *s)
{
	if (s->verdict || known(j, s))
		return KF_OK;
	if (s->file == KF_CHAIN_NO_FILE)
		return by_nobody(j, s);
	switch (s->gate) {
	case KF_GATE_FIRMWARE:
		return by_firmware(j, s);
	case KF_GATE_SHIM:
		return by_shim(j, s, "shim");
	case KF_GATE_PROTOCOL:
		return by_shim(j, s, "protocol");
	case KF_GATE_LOAD_IMAGE:
		return by_load_image(j, s);
	case KF_GATE_SELF:
		return by_itself(j, s);
	case KF_GATE_VERSION:
		return by_version(j, s);
	default:
		return by_nobody(j, s);
	}
}

/* then_shim: what shim does where it does not start what is next. Verification
 * that fails brings MokManager; all else goes back to the firmware. */
static enum kf_chain_then then_shim(const struct kf_verdict *v)
{
	static const enum kf_reason_id back[] = {
		KF_REASON_FILE_MISSING, KF_REASON_PE_MALFORMED,
		KF_REASON_WRONG_MACHINE, KF_REASON_LOAD_LAYOUT,
		KF_REASON_NX_REQUIRED, KF_REASON_CERTIFICATE_TABLE_MALFORMED,
	};

	if (is_reason(v, KF_REASON_SHIM_REVOKED) ||
	    is_reason(v, KF_REASON_SBAT_LEVEL_MALFORMED))
		return KF_THEN_POWER_OFF;
	for (size_t i = 0; i < sizeof(back) / sizeof(back[0]); i++)
		if (is_reason(v, back[i]))
			return KF_THEN_NEXT_OPTION;
	return KF_THEN_MOKMANAGER;
}

static enum kf_chain_then then_of(const struct kf_chain_stage *s)
{
	if (is_reason(s->verdict, KF_REASON_VERIFIER_FAULT))
		return KF_THEN_FAULT;
	switch (s->gate) {
	case KF_GATE_FIRMWARE:
		return KF_THEN_NEXT_OPTION;
	case KF_GATE_SELF:
		return KF_THEN_POWER_OFF;
	case KF_GATE_SHIM:
	/* systemd-boot gives up with shim's own answer, and shim takes that
	 * for one about systemd-boot. */
	case KF_GATE_LOAD_IMAGE:
		return then_shim(s->verdict);
	default:
		return KF_THEN_MENU;
	}
}

/* behind_fallback tells whether fallback started what a path has at `at`, or
 * what started that. */
static bool behind_fallback(const struct judging *j,
			    const struct kf_chain_path *path, size_t at)
{
	for (size_t i = 0; i < at; i++) {
		size_t file = path->stage[i].file;

		if (file != KF_CHAIN_NO_FILE &&
		    j->given->file[file].loader.kind == KF_LOADER_FALLBACK)
			return true;
	}
	return false;
}

/* companion_of finds MokManager beside a shim. */
static enum kf_status companion_of(struct judging *j, size_t *out, size_t shim)
{
	const struct kf_chain_file *f = &j->given->file[shim];
	const char *parts[] = { "mm", kf_place_machine(f->loader.machine),
				".efi" };
	const char *place = kf_place_beside(f->place, parts, 3,
					    j->env->arena);

	if (!place)
		return KF_NO_MEMORY;
	*out = kf_place_find(j->given, place);
	return KF_OK;
}

/* by_others settles what depends on other files. Where shim has no MokManager
 * that it would start, it waits for a key, and gives up; what is given in a row
 * may have one. */
static enum kf_status by_others(struct judging *j,
			      struct kf_chain_path *path)
{
	struct kf_chain_stage s = {
		.shim = path->stage[path->at].shim,
		.gate = KF_GATE_SHIM,
	};
	enum kf_status status = KF_OK;
	size_t file;

	/* What comes back to fallback does not come back to the firmware. */
	if (path->then == KF_THEN_NEXT_OPTION &&
	    behind_fallback(j, path, path->at))
		path->then = KF_THEN_RESET;
	if (path->then != KF_THEN_MOKMANAGER || j->given->in_a_row)
		return KF_OK;
	status = companion_of(j, &file, s.shim);
	if (status != KF_OK)
		return status;
	s.file = (uint16_t)file;
	if (file != KF_CHAIN_NO_FILE)
		status = judge_stage(j, &s);
	if (file == KF_CHAIN_NO_FILE ||
	    (status == KF_OK && s.verdict->answer == KF_REJECT))
		path->then = KF_THEN_WAITS;
	return status;
}

/* conclude: a path boots if all of its stages start. One that certainly does
 * not start ends it, whatever is not known of those before. */
static void conclude(struct kf_chain_path *path)
{
	path->answer = path->num_stages ? KF_ACCEPT : KF_UNDECIDED;
	path->then = path->num_stages ? KF_THEN_BOOTS : KF_THEN_UNKNOWN;
	for (size_t i = 0; i < path->num_stages; i++) {
		enum kf_answer answer = path->stage[i].verdict->answer;

		if (answer == KF_REJECT) {
			bool sure = path->answer == KF_ACCEPT;

			path->answer = KF_REJECT;
			path->at = i;
			path->then = sure ? then_of(&path->stage[i])
					  : KF_THEN_UNKNOWN;
			return;
		}
		if (answer == KF_UNDECIDED && path->answer == KF_ACCEPT) {
			path->answer = KF_UNDECIDED;
			path->at = i;
			path->then = KF_THEN_UNKNOWN;
		}
	}
}

enum kf_status kf_chain_judge(struct kf_chain *chain,
			      const struct kf_chain_given *given,
			      const struct kf_chain_judges *judges,
			      struct kf_env *env, size_t *culprit)
{
	struct judging j = { chain, given, judges, env, KF_CHAIN_NO_FILE };
	enum kf_status status = KF_OK;

	for (size_t p = 0; p < chain->num_paths && status == KF_OK; p++) {
		struct kf_chain_path *path = &chain->path[p];

		for (size_t i = 0; i < path->num_stages && status == KF_OK;
		     i++)
			status = judge_stage(&j, &path->stage[i]);
		if (status == KF_OK) {
			conclude(path);
			status = by_others(&j, path);
		}
	}
	*culprit = j.culprit;
	return status;
}

const struct kf_chain_path *kf_chain_starts(const struct kf_chain *chain)
{
	for (size_t p = 0; p < chain->num_paths; p++) {
		const struct kf_chain_path *path = &chain->path[p];

		/* Another device may boot, or not. */
		if (!path->num_stages && !path->aside)
			return NULL;
		if (path->aside)
			continue;
		if (path->answer == KF_ACCEPT)
			return path;
		if (path->then != KF_THEN_NEXT_OPTION &&
		    path->then != KF_THEN_MENU)
			return NULL;
	}
	return NULL;
}

const char *kf_gate_name(enum kf_chain_gate gate)
{
	static const char *const names[KF_NUM_GATES] = {
		[KF_GATE_FIRMWARE] = "firmware",
		[KF_GATE_SHIM] = "shim",
		[KF_GATE_PROTOCOL] = "shim-protocol",
		[KF_GATE_LOAD_IMAGE] = "load-image",
		[KF_GATE_SELF] = "shim-itself",
		[KF_GATE_VERSION] = "windows-itself",
		[KF_GATE_LOADER] = "loader",
		[KF_GATE_INSIDE] = "inside",
	};

	return names[gate];
}

const char *kf_then_name(enum kf_chain_then then)
{
	static const char *const names[] = {
		[KF_THEN_BOOTS] = "boots",
		[KF_THEN_NEXT_OPTION] = "next-option",
		[KF_THEN_MOKMANAGER] = "mokmanager",
		[KF_THEN_WAITS] = "waits",
		[KF_THEN_RESET] = "reset",
		[KF_THEN_POWER_OFF] = "power-off",
		[KF_THEN_MENU] = "menu",
		[KF_THEN_FAULT] = "device-fault",
		[KF_THEN_UNKNOWN] = "unknown",
	};

	return names[then];
}
