/* U-Boot's bootm of a FIT: the order of its steps.
 *
 * gate: is it a FIT? choose: which configuration? regions, signature: what is
 * signed, and how? trust, key: what do the device's keys say? require: is what
 * is required there? data: are the data what their hashes tell? boot: all of
 * that in bootm's order.
 *
 * Source: u-boot/u-boot, at the versions named by the profiles.
 */
#include "u_boot_fit.h"

#include <string.h>

static const char *const formats[] = { "fit", NULL };

static const char *const parts[] = { "dtb", NULL };

void fit_beyond(struct fit_file *file, const char *what)
{
	if (file->beyond.reason)
		return;
	kf_find(&file->beyond, KF_REASON_BEYOND_LIMITS, NULL);
	kf_prove_text(&file->beyond, what);
}

bool fit_begins(struct kf_bytes name, const char *with)
{
	struct kf_bytes start = kf_text(with);

	return kf_equal(kf_part_of(name, 0, start.len), start);
}

static uint8_t small(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c - 'A' + 'a') : c;
}

bool fit_is(struct kf_bytes text, const char *word)
{
	struct kf_bytes other = kf_text(word);

	if (text.len != other.len)
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (small(text.data[i]) != small(other.data[i]))
			return false;
	return true;
}

void fit_prove_node(struct kf_finding *finding, const struct kf_fdt *fdt,
		    uint32_t node)
{
	struct kf_evidence *e = kf_prove(finding, KF_EV_FIELD, "node");

	e->at = fdt->node[node].at;
	e->bytes = node ? fdt->node[node].name : kf_text("/");
}

const struct fit_image *fit_image_of(const struct fit_file *file,
				     uint32_t node)
{
	for (uint32_t i = 0; i < file->num_images; i++)
		if (file->image[i].node == node)
			return &file->image[i];
	return NULL;
}

const struct fit_configuration *
fit_configuration_of(const struct fit_file *file, uint32_t node)
{
	for (uint32_t i = 0; i < file->num_configurations; i++)
		if (file->configuration[i].node == node)
			return &file->configuration[i];
	return NULL;
}

/* get_word takes a text of an image's node. */
static bool get_word(struct kf_bytes *out, bool *has, struct fit_file *file,
		     uint32_t node, const char *name, struct kf_env *env)
{
	const struct kf_fdt_prop *prop = kf_fdt_find(&file->fdt, node, name);

	*has = prop;
	return !prop || kf_fdt_text(out, &file->fdt, prop, env);
}

/* has_address: an address of more than two cells may not need the one in
 * front of the last. */
static bool has_address(struct fit_file *file, uint32_t node,
			const char *name)
{
	const struct kf_fdt_prop *prop = kf_fdt_find(&file->fdt, node, name);
	struct kf_fdt_prop high;

	if (!prop || prop->len <= 8)
		return prop;
	high = *prop;
	high.at += prop->len / 4 * 4 - 8;
	return kf_fdt_number(&file->fdt, &high, 0) == 0;
}

static enum kf_status read_image(struct fit_file *file,
				 struct fit_image *image, struct kf_env *env)
{
	uint32_t node = image->node;
	enum kf_status status;

	if (!get_word(&image->type, &image->has_type, file, node, "type",
		      env) ||
	    !get_word(&image->os, &image->has_os, file, node, "os", env) ||
	    !get_word(&image->arch, &image->has_arch, file, node, "arch",
		      env) ||
	    !get_word(&image->compression, &image->has_compression, file, node,
		      "compression", env))
		return file->fdt.status;
	image->has_load = has_address(file, node, "load");
	image->has_entry = has_address(file, node, "entry");
	status = fit_data(file, image);
	if (file->hypothetical)
		return status == KF_OK
			       ? fit_suppose_signed(&image->signature,
						    &image->num_signatures,
						    file, node, false, env)
			       : status;
	if (status == KF_OK)
		status = fit_hashes(file, image, env);
	if (status == KF_OK)
		status = fit_signatures(&image->signature,
					&image->num_signatures, file, node,
					env);
	return status;
}

/* sign_image computes what the signatures of an image cover: its data. */
static enum kf_status sign_image(struct fit_file *file,
				 struct fit_image *image, struct kf_env *env)
{
	enum kf_status status = KF_OK;
	bool cut = file->fdt.cut;

	for (uint32_t i = 0; status == KF_OK && !file->hypothetical &&
	     i < image->num_signatures; i++) {
		struct fit_signature *s = &image->signature[i];

		if (s->unfit.reason || image->data_fault || image->data_far)
			continue;
		status = fit_digest(&s->digest, s->kind, file, image->data_at,
				    image->data_len, env);
	}
	file->fdt.cut = cut;
	return status;
}

/* count_nodes counts subnodes, up to a limit. */
static uint32_t count_nodes(struct fit_file *file, uint32_t parent,
			    uint32_t limit)
{
	uint32_t num = 0;

	if (parent == KF_FDT_NONE)
		return 0;
	for (uint32_t i = file->fdt.node[parent].child; i != KF_FDT_NONE;
	     i = file->fdt.node[i].next)
		num++;
	if (num > limit)
		fit_beyond(file, "too many images or configurations");
	return num > limit ? 0 : num;
}

static enum kf_status read_images(struct fit_file *file, struct kf_env *env)
{
	uint32_t num = count_nodes(file, file->images, FIT_IMAGES_MAX);
	uint32_t node = file->fdt.node[file->images].child;
	enum kf_status status = KF_OK;

	file->image = kf_arena_take(env->arena, (num + 1) *
						sizeof(*file->image));
	if (!file->image)
		return KF_NO_MEMORY;
	for (uint32_t i = 0; status == KF_OK && i < num; i++) {
		file->image[i].node = node;
		node = file->fdt.node[node].next;
		status = read_image(file, &file->image[i], env);
		if (status == KF_OK)
			status = sign_image(file, &file->image[i], env);
		file->num_images = i + 1;
	}
	return status;
}

/* read_lists keeps the names of the images of a configuration. */
static bool read_lists(struct fit_file *file, struct fit_configuration *c,
		       struct kf_env *env)
{
	static const char *const names[FIT_LISTS] = {
		"kernel", "ramdisk", "fdt", "setup", "loadables",
	};

	for (size_t i = 0; i < FIT_LISTS; i++) {
		const struct kf_fdt_prop *prop = kf_fdt_find(&file->fdt,
							     c->node, names[i]);

		if (prop && prop->len > FIT_LIST_MAX)
			fit_beyond(file, "a list of images that is too long");
		if (prop && !kf_fdt_value(&c->list[i], &file->fdt, prop,
					  FIT_LIST_MAX, env))
			return false;
	}
	return true;
}

static enum kf_status read_configuration(struct fit_file *file,
					 struct fit_configuration *c,
					 struct kf_env *env)
{
	enum kf_status status;

	if (!read_lists(file, c, env))
		return file->fdt.status;
	status = fit_compatible(file, c, env);
	if (status == KF_OK && file->hypothetical)
		return fit_suppose_signed(&c->signature, &c->num_signatures,
					  file, c->node, true, env);
	if (status == KF_OK)
		status = fit_signatures(&c->signature, &c->num_signatures,
					file, c->node, env);
	for (uint32_t i = 0; status == KF_OK && i < c->num_signatures; i++)
		if (!c->signature[i].unfit.reason)
			status = fit_regions(file, &c->signature[i], c->node,
					     env);
	return status;
}

static enum kf_status read_configurations(struct fit_file *file,
					  struct kf_env *env)
{
	uint32_t num = count_nodes(file, file->configurations,
				   FIT_CONFIGURATIONS_MAX);
	const struct kf_fdt_prop *prop;
	enum kf_status status = KF_OK;
	uint32_t node;

	file->configuration = kf_arena_take(env->arena, (num + 1) *
					sizeof(*file->configuration));
	if (!file->configuration)
		return KF_NO_MEMORY;
	if (file->configurations == KF_FDT_NONE)
		return KF_OK;
	prop = kf_fdt_find(&file->fdt, file->configurations, "default");
	file->has_default = prop;
	if (prop && !kf_fdt_text(&file->default_name, &file->fdt, prop, env))
		return file->fdt.status;
	node = file->fdt.node[file->configurations].child;
	for (uint32_t i = 0; status == KF_OK && i < num; i++) {
		file->configuration[i].node = node;
		node = file->fdt.node[node].next;
		file->num_configurations = i + 1;
		status = read_configuration(file, &file->configuration[i],
					    env);
	}
	return status;
}

static enum kf_status read_all(struct fit_file *file,
			       const struct kf_source *source,
			       struct kf_env *env)
{
	enum kf_status status = kf_fdt_read(&file->fdt, source, 0, env);

	if (status != KF_OK)
		return status;
	fit_gate(file);
	if (file->gate.reason || file->beyond.reason)
		return KF_OK;
	status = read_images(file, env);
	return status == KF_OK ? read_configurations(file, env) : status;
}

/* prepare_one works out what one version makes of the file. */
static struct fit_file *prepare_one(struct kf_artifact *artifact,
				    const struct fit_profile *profile,
				    struct kf_env *env)
{
	struct fit_file *file = kf_arena_take(env->arena, sizeof(*file));

	if (!file) {
		artifact->status = KF_NO_MEMORY;
		return NULL;
	}
	file->profile = profile;
	if (!artifact->source)
		fit_beyond(file, "a signature on no file: give one, signed or not");
	else if (artifact->num_suppose)
		artifact->status = fit_suppose(file, artifact->suppose[0], env);
	if (artifact->source && artifact->status == KF_OK)
		artifact->status = read_all(file, artifact->source, env);
	return file;
}

static void *prepare(struct kf_artifact *artifact,
		     const struct kf_rules *rules, struct kf_env *env)
{
	struct fit_files *files = kf_arena_take(env->arena, sizeof(*files));
	const struct fit_profile *profile;

	if (files)
		files->other = kf_arena_take(env->arena,
					     sizeof(*files->other));
	if (!files || !files->other)
		artifact->status = KF_NO_MEMORY;
	for (uint32_t i = 0; artifact->status == KF_OK &&
	     (profile = fit_version(rules, i)); i++)
		files->version[files->num++] = prepare_one(artifact, profile,
							   env);
	return artifact->status == KF_OK ? files : NULL;
}

static void *prepare_store(struct kf_store *store,
			   const struct kf_rules *rules, struct kf_env *env)
{
	struct fit_trusts *trusts = kf_arena_take(env->arena, sizeof(*trusts));
	const struct fit_profile *profile;

	if (!trusts)
		store->status = KF_NO_MEMORY;
	for (uint32_t i = 0; store->status == KF_OK &&
	     (profile = fit_version(rules, i)); i++) {
		struct fit_trust *trust = kf_arena_take(env->arena,
							sizeof(*trust));

		trusts->version[trusts->num++] = trust;
		store->status = trust ? fit_trust_read(trust, store, profile,
						       rules, env)
				      : KF_NO_MEMORY;
	}
	return store->status == KF_OK ? trusts : NULL;
}

static void release(void *state, struct kf_env *env)
{
	(void)state, (void)env;
}

static void undecided(struct fit_case *k, enum kf_reason_id reason,
		      const char *rule)
{
	k->out->answer = KF_UNDECIDED;
	kf_find(&k->out->why, reason, rule);
}

/* doubt takes an accept back that stands on what is not known. */
static void doubt(struct fit_case *k)
{
	if (k->doubt) {
		undecided(k, KF_REASON_LOADER_UNKNOWN, k->doubt_rule);
		kf_prove_text(&k->out->why, k->doubt);
	}
	if (k->wild) {
		undecided(k, KF_REASON_UNPREDICTABLE, "FIT-5");
		kf_prove_text(&k->out->why, "U-Boot looks for a device tree where there is none, and reads behind the file");
	}
	if (k->cut || k->file->fdt.cut) {
		undecided(k, KF_REASON_UNPREDICTABLE, "FIT-23");
		kf_prove_text(&k->out->why, "the file ends before its tree or its data do, and what memory holds behind it decides");
	}
}

/* settle takes an answer back where it stands on what is not known. */
static void settle(struct fit_case *k)
{
	const struct fit_file *file = k->file;

	if (k->odd && k->out->answer == KF_REJECT) {
		undecided(k, KF_REASON_UNPREDICTABLE, "FIT-12");
		kf_prove_text(&k->out->why, "a key has another size than its algorithm tells, and U-Boot reads beyond its buffer");
	}
	if (k->out->answer == KF_ACCEPT)
		doubt(k);
	if (file->beyond.reason && !file->gate.reason) {
		k->out->answer = KF_UNDECIDED;
		k->out->why = file->beyond;
	}
}

/* judge runs the decision once. */
static enum kf_status judge(struct fit_case *k)
{
	memset(k->out, 0, sizeof(*k->out));
	k->cut = k->odd = k->wild = k->has_arch = false;
	k->doubt = NULL;
	k->configuration = NULL;
	k->weak = NULL;
	k->by = NULL;
	k->key = NULL;
	if (!k->file->beyond.reason || k->file->gate.reason)
		fit_boot(k);
	settle(k);
	return k->status;
}

/* unknown: the control device tree is not given. What is refused whatever is
 * in it is refused. */
static enum kf_status unknown(struct fit_case *k)
{
	enum kf_status status;

	k->grant = true;
	status = judge(k);
	k->grant = false;
	if (status != KF_OK || k->out->answer == KF_UNDECIDED ||
	    (k->out->answer == KF_REJECT &&
	     (k->trust->configuration || !k->trust->best_match ||
	      k->file->gate.reason)))
		return status;
	undecided(k, KF_REASON_STORE_PART_UNKNOWN, NULL);
	kf_prove(&k->out->why, KF_EV_STORE_PART, "dtb");
	return KF_OK;
}

/* not_enforced keeps beside an accept what a device would say that required a
 * signature by one of its keys. FIT-22. */
static enum kf_status not_enforced(struct fit_case *k)
{
	enum kf_answer answer;
	struct kf_finding why, *w;
	enum kf_status status;
	bool off = !k->trust->verify;
	struct fit_trust asked = *k->trust;
	const struct fit_trust *real = k->trust;

	asked.verify = true;
	k->trust = &asked;
	k->every = asked.num_conf == 0;
	status = judge(k);
	answer = k->out->answer;
	why = k->out->why;
	k->trust = real;
	k->every = false;
	if (status == KF_OK)
		status = judge(k);
	if (status != KF_OK || k->out->answer != KF_ACCEPT)
		return status;
	k->out->not_enforced = true;
	k->out->enforced_answer = answer;
	k->out->enforced = why;
	w = kf_warn(k->out, KF_REASON_NOT_ENFORCED, "FIT-22");
	if (w)
		kf_prove_text(w, off ? "verification is turned off"
				     : "no key is required, and hashes alone are checked, which anybody can make");
	return KF_OK;
}

enum kf_status fit_decide(struct kf_verdict *out, struct fit_file *file,
			  const struct fit_trust *trust, struct kf_env *env)
{
	struct fit_case k = { .file = file, .trust = trust,
			      .profile = file->profile, .env = env,
			      .out = out };
	enum kf_status status;

	if (trust->presence == KF_UNKNOWN) {
		status = unknown(&k);
	} else if (trust->malformed.reason && !k.file->gate.reason) {
		out->why = trust->malformed;
		status = KF_OK;
	} else if (!trust->verify || trust->num_conf + trust->num_image == 0) {
		status = not_enforced(&k);
	} else {
		status = judge(&k);
	}
	if (status != KF_OK)
		return status;
	fit_prove_accept(&k);
	fit_list_signatures(&k);
	fit_warn(&k);
	out->outcome = kf_boot_outcome(out);
	return k.status;
}

static enum kf_status decide(struct kf_verdict *out, void *state,
			     const struct kf_store *store,
			     const struct kf_rules *rules, struct kf_env *env)
{
	return fit_agree(out, state, kf_store_state(store, rules), env);
}

const struct kf_verifier kf_rules_u_boot_fit = {
	.name = "u-boot-fit",
	.title = "U-Boot's verification of FIT images",
	.family = "FIT",
	.stage = "boot",
	.formats = formats,
	.parts = parts,
	.choices = fit_choices,
	.profiles = fit_rules,
	.prepare = prepare,
	.prepare_store = prepare_store,
	.release = release,
	.decide = decide,
};
