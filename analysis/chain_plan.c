/* Finds the paths of a boot among files.
 *
 * Paths grow a stage at a time: a path whose last stage starts several files
 * becomes several paths. Names are compared as FAT does, without regard to
 * case.
 *
 * Source: UEFI 2.10, 3.5.1.1 (\EFI\BOOT\BOOT{machine}.EFI); rhboot/shim 16.1,
 * shim.c:init_grub, should_use_fallback (shim's default loader, fallback,
 * MokManager), fallback.c:find_boot_csv; systemd, "Boot Loader Specification"
 * (\EFI\Linux, loader/entries); fwupd, plugins/uefi-capsule (fwupd beside
 * shim); GNU GRUB 2.06, grub-core/kern/efi/sb.c (shim_lock).
 */
#include "chain.h"

#include "chain_places.h"

#include <string.h>

/* builder is a plan while it is made. */
struct builder {
	struct kf_chain *chain;
	const struct kf_chain_given *given;
	struct kf_env *env;
	enum kf_status status;
};

static const struct kf_chain_stage *last_of(const struct kf_chain_path *path)
{
	return &path->stage[path->num_stages - 1];
}

/* grow adds a stage to a path. */
static void grow(struct builder *b, struct kf_chain_path *path,
		 const struct kf_chain_stage *stage)
{
	if (path->num_stages == KF_CHAIN_STAGES_MAX) {
		b->chain->cut = true;
		return;
	}
	path->stage[path->num_stages++] = *stage;
}

/* start_with adds a file, and its look at itself: shim's, and that of Windows'
 * boot manager. Which other programs of Windows do the same they do not tell:
 * what is signed as they are counts as one. */
static void start_with(struct builder *b, struct kf_chain_path *path,
		       size_t file, enum kf_chain_gate gate, size_t shim)
{
	const struct kf_loader *loader = &b->given->file[file].loader;
	struct kf_chain_stage stage = {
		.file = (uint16_t)file,
		.shim = (uint16_t)shim,
		.gate = gate,
	};

	grow(b, path, &stage);
	if (loader->kind == KF_LOADER_WINDOWS || loader->windows_signed) {
		stage.gate = KF_GATE_VERSION;
		grow(b, path, &stage);
	}
	if (loader->kind != KF_LOADER_SHIM)
		return;
	stage.gate = KF_GATE_SELF;
	stage.shim = (uint16_t)file;
	grow(b, path, &stage);
}

static struct kf_chain_path *new_path(struct builder *b)
{
	if (b->chain->num_paths == KF_CHAIN_PATHS_MAX) {
		b->chain->cut = true;
		return NULL;
	}
	return &b->chain->path[b->chain->num_paths++];
}

/* loader_of is the place of the loader that an option's data names for shim,
 * if it is there: else shim goes on with its own. */
static size_t loader_of(struct builder *b, const struct kf_boot_option *o,
			const char *shim_place)
{
	const char *name = o->loader, *place = name;

	if (!name[0])
		return KF_CHAIN_NO_FILE;
	if (!kf_place_under(name, "\\EFI\\")) {
		name += kf_place_folder_len(name);
		place = kf_place_beside(shim_place, &name, 1, b->env->arena);
	}
	if (!place) {
		b->status = KF_NO_MEMORY;
		return KF_CHAIN_NO_FILE;
	}
	return kf_place_find(b->given, place);
}

static void start(struct builder *b, size_t file)
{
	struct kf_chain_path *path = new_path(b);

	if (path)
		start_with(b, path, file, KF_GATE_FIRMWARE, KF_CHAIN_NO_FILE);
}

/* children are what the last stage of a path starts, one path each. */
struct children {
	struct kf_chain_path before;	/* the path as it was */
	struct kf_chain_path *first;	/* goes on with the first child */
	size_t num;
};

static struct kf_chain_path *next_child(struct builder *b,
					struct children *c)
{
	struct kf_chain_path *path = c->first;

	if (c->num++ == 0)
		return path;
	path = new_path(b);
	if (path)
		*path = c->before;
	return path;
}

static void add_child(struct builder *b, struct children *c, size_t file,
		      enum kf_chain_gate gate, size_t shim)
{
	struct kf_chain_path *path = next_child(b, c);

	if (path)
		start_with(b, path, file, gate, shim);
}

static void add_missing(struct builder *b, struct children *c,
			const char *place, enum kf_chain_gate gate,
			size_t shim)
{
	struct kf_chain_path *path = next_child(b, c);
	struct kf_chain_stage stage = {
		.file = KF_CHAIN_NO_FILE,
		.shim = (uint16_t)shim,
		.gate = gate,
		.missing = place,
	};

	if (path)
		grow(b, path, &stage);
}

/* shim_of is the shim that runs when a path has come to its end. */
static size_t shim_of(const struct builder *b,
		      const struct kf_chain_path *path)
{
	size_t shim = KF_CHAIN_NO_FILE;

	for (size_t i = 0; i < path->num_stages; i++) {
		const struct kf_chain_stage *s = &path->stage[i];

		if (s->gate == KF_GATE_FIRMWARE)
			shim = KF_CHAIN_NO_FILE;
		if (s->file != KF_CHAIN_NO_FILE &&
		    b->given->file[s->file].loader.kind == KF_LOADER_SHIM)
			shim = s->file;
	}
	return shim;
}

/* beside is the place of a file named for a machine in another file's folder:
 * "\EFI\debian\" and "grub", "x64", ".efi". Fails: NULL. */
static const char *beside(struct builder *b, const char *place,
			  const char *name, uint16_t machine,
			  const char *end)
{
	const char *parts[] = { name, kf_place_machine(machine), end };
	const char *out = kf_place_beside(place, parts, 3, b->env->arena);

	if (!out)
		b->status = KF_NO_MEMORY;
	return out;
}

/* aside adds a path to a companion of shim, where it is there. Behind fallback
 * stands what has paths of its own. */
static void aside(struct builder *b, const struct kf_chain_path *before,
		  const char *name, size_t shim)
{
	const struct kf_chain_file *f = &b->given->file[shim];
	const char *place = beside(b, f->place, name, f->loader.machine,
				   ".efi");
	size_t file = place ? kf_place_find(b->given, place)
			    : KF_CHAIN_NO_FILE;
	struct kf_chain_path *path;

	if (file == KF_CHAIN_NO_FILE || before->aside ||
	    before->stage[0].file != shim)
		return;
	path = new_path(b);
	if (!path)
		return;
	*path = *before;
	path->aside = true;
	start_with(b, path, file, KF_GATE_SHIM, shim);
}

/* uses_fallback: shim that was started as the removable path starts fallback
 * instead of its loader, where that is there. */
static bool uses_fallback(struct builder *b, const struct kf_chain_file *f)
{
	const char *place;

	if (!kf_place_is_removable(f->place, f->loader.machine))
		return false;
	place = beside(b, f->place, "fb", f->loader.machine, ".efi");
	return place && kf_place_find(b->given, place) != KF_CHAIN_NO_FILE;
}

static void after_shim(struct builder *b, struct children *c, size_t shim)
{
	const struct kf_chain_file *f = &b->given->file[shim];
	const struct kf_boot_option *option = c->before.option;
	bool fallback = uses_fallback(b, f);
	const char *place = beside(b, f->place, fallback ? "fb" : "grub",
				   f->loader.machine, ".efi");
	size_t file = KF_CHAIN_NO_FILE;

	if (option && !fallback && c->before.stage[0].file == shim)
		file = loader_of(b, option, f->place);
	if (file == KF_CHAIN_NO_FILE && place)
		file = kf_place_find(b->given, place);
	if (file == KF_CHAIN_NO_FILE)
		add_missing(b, c, place, KF_GATE_SHIM, shim);
	else
		add_child(b, c, file, KF_GATE_SHIM, shim);
	aside(b, &c->before, "mm", shim);
	aside(b, &c->before, "fwupd", shim);
}

/* after_fallback: it makes boot options of what BOOTX64.CSV names in each
 * folder, and starts the first, or the machine anew. */
static void after_fallback(struct builder *b, struct children *c)
{
	const struct kf_chain_given *given = b->given;
	uint16_t machine = given->file[last_of(&c->before)->file]
				   .loader.machine;

	for (size_t i = 0; i < given->num_notes; i++) {
		const struct kf_chain_note *note = &given->note[i];
		struct kf_csv rows = { note->text, 0 };
		const char *place;

		if (!kf_place_is_csv(note->place, machine))
			continue;
		while ((place = kf_csv_next(&rows, note->place,
					    b->env->arena))) {
			size_t file = kf_place_find(given, place);

			if (file == KF_CHAIN_NO_FILE)
				add_missing(b, c, place, KF_GATE_FIRMWARE,
					    KF_CHAIN_NO_FILE);
			else if (file != c->before.stage[0].file)
				add_child(b, c, file, KF_GATE_FIRMWARE,
					  KF_CHAIN_NO_FILE);
		}
	}
}

/* after_grub: any kernel that was found, since its menu is a program. */
static void after_grub(struct builder *b, struct children *c, size_t shim)
{
	enum kf_chain_gate gate = shim == KF_CHAIN_NO_FILE ? KF_GATE_LOADER
							   : KF_GATE_PROTOCOL;

	for (size_t i = 0; i < b->given->num_files; i++)
		if (b->given->file[i].loader.kind == KF_LOADER_LINUX)
			add_child(b, c, i, gate, shim);
}

/* after_entry adds what an entry of the boot loader specification names. */
static void after_entry(struct builder *b, struct children *c, size_t shim,
			const struct kf_chain_note *note,
			enum kf_chain_gate gate)
{
	const char *place = kf_entry_place(note->text, b->env->arena);
	size_t file;

	if (!place)
		return;
	file = kf_place_find(b->given, place);
	if (file == KF_CHAIN_NO_FILE)
		add_missing(b, c, place, gate, shim);
	else
		add_child(b, c, file, gate, shim);
}

static void after_systemd_boot(struct builder *b, struct children *c,
			       size_t shim)
{
	enum kf_chain_gate gate = shim == KF_CHAIN_NO_FILE
		? KF_GATE_FIRMWARE : KF_GATE_LOAD_IMAGE;

	for (size_t i = 0; i < b->given->num_files; i++) {
		const struct kf_chain_file *f = &b->given->file[i];

		if (kf_place_under(f->place, "\\EFI\\Linux\\") &&
		    f->loader.is_pe)
			add_child(b, c, i, gate, shim);
	}
	for (size_t i = 0; i < b->given->num_notes; i++)
		if (kf_place_under(b->given->note[i].place,
				   "\\loader\\entries\\"))
			after_entry(b, c, shim, &b->given->note[i], gate);
}

/* after_uki: the kernel is a section of the image, and signed with it. */
static void after_uki(struct builder *b, struct children *c)
{
	struct kf_chain_path *path = next_child(b, c);
	struct kf_chain_stage stage = *last_of(&c->before);

	stage.gate = KF_GATE_INSIDE;
	if (path)
		grow(b, path, &stage);
}

/* go_on finds what the last stage of a path starts. */
static void go_on(struct builder *b, struct kf_chain_path *path)
{
	struct children c = { .before = *path, .first = path };
	const struct kf_chain_stage *last = path->num_stages
		? last_of(&c.before) : NULL;
	size_t shim = shim_of(b, path);

	if (!last || last->file == KF_CHAIN_NO_FILE ||
	    last->gate == KF_GATE_INSIDE)
		return;
	switch (b->given->file[last->file].loader.kind) {
	case KF_LOADER_SHIM:
		after_shim(b, &c, last->file);
		break;
	case KF_LOADER_FALLBACK:
		after_fallback(b, &c);
		break;
	case KF_LOADER_GRUB:
		after_grub(b, &c, shim);
		break;
	case KF_LOADER_SYSTEMD_BOOT:
		after_systemd_boot(b, &c, shim);
		break;
	case KF_LOADER_UKI:
		after_uki(b, &c);
		break;
	default:
		break;
	}
}

/* go_on_all: a path that grew is looked at again. */
static void go_on_all(struct builder *b, size_t from)
{
	for (size_t i = from; i < b->chain->num_paths; i++) {
		struct kf_chain_path *path = &b->chain->path[i];
		size_t before = 0;

		while (path->num_stages != before && !b->chain->cut &&
		       b->status == KF_OK) {
			before = path->num_stages;
			go_on(b, path);
		}
	}
}

/* machine_of: what is not told is x86-64, where there is something for it. */
static uint16_t machine_of(const struct kf_chain_given *given)
{
	uint16_t machine = 0;

	if (given->machine)
		return given->machine;
	for (size_t i = 0; i < given->num_files; i++) {
		const struct kf_loader *l = &given->file[i].loader;

		if (l->machine == KF_PLACE_X64)
			return KF_PLACE_X64;
		if (!machine && l->is_pe)
			machine = l->machine;
	}
	return machine;
}

static bool has_kind(const struct kf_chain_given *given,
		     enum kf_loader_kind kind, const char *beside)
{
	for (size_t i = 0; i < given->num_files; i++)
		if (given->file[i].loader.kind == kind &&
		    (!beside || kf_place_same_folder(given->file[i].place,
						     beside)))
			return true;
	return false;
}

/* starts_by_itself: is a file one that a boot option would name? A folder's
 * shim; without one, its loader. */
static bool starts_by_itself(const struct kf_chain_given *given,
			     const struct kf_chain_file *f, uint16_t machine)
{
	if (!f->place || !f->loader.is_pe || f->loader.machine != machine ||
	    kf_place_under(f->place, "\\EFI\\BOOT\\"))
		return false;
	switch (f->loader.kind) {
	case KF_LOADER_SHIM:
	case KF_LOADER_WINDOWS:
		return true;
	case KF_LOADER_GRUB:
	case KF_LOADER_SYSTEMD_BOOT:
		return !has_kind(given, KF_LOADER_SHIM, f->place);
	case KF_LOADER_UKI:
		return !has_kind(given, KF_LOADER_SHIM, f->place) &&
		       !has_kind(given, KF_LOADER_SYSTEMD_BOOT, NULL);
	default:
		return false;
	}
}

/* removable is the file of the removable path. */
static size_t removable(const struct kf_chain_given *given)
{
	uint16_t machine = machine_of(given);

	for (size_t i = 0; i < given->num_files; i++)
		if (kf_place_is_removable(given->file[i].place, machine))
			return i;
	return KF_CHAIN_NO_FILE;
}

/* start_option begins the path of one option. */
static void start_option(struct builder *b, const struct kf_boot_option *o)
{
	struct kf_chain_path *path = new_path(b);
	struct kf_chain_stage missing = {
		.file = KF_CHAIN_NO_FILE,
		.shim = KF_CHAIN_NO_FILE,
		.gate = KF_GATE_FIRMWARE,
		.missing = o->place,
	};
	size_t file = KF_CHAIN_NO_FILE;

	if (!path)
		return;
	path->option = o;
	path->aside = !o->active;
	if (o->way == KF_WAY_FILE)
		file = kf_place_find(b->given, o->place);
	else if (o->way == KF_WAY_DISK)
		file = removable(b->given);
	if (file != KF_CHAIN_NO_FILE)
		start_with(b, path, file, KF_GATE_FIRMWARE, KF_CHAIN_NO_FILE);
	else if (o->way == KF_WAY_FILE)
		grow(b, path, &missing);
}

/* plan_options: the options in their order; what leads elsewhere has no stage.
 * Where none of them leads here, the firmware comes by itself. */
static bool plan_options(struct builder *b)
{
	const struct kf_boot_options *options = b->given->options;
	const struct kf_boot_option *o;
	size_t here = 0, file = removable(b->given);

	for (size_t i = 0; options && (o = kf_boot_option_at(options, i)); i++)
		start_option(b, o);
	for (size_t i = 0; i < b->chain->num_paths; i++) {
		const struct kf_chain_path *path = &b->chain->path[i];

		here += path->num_stages && path->option->active;
		if (path->num_stages && path->stage[0].file == file)
			file = KF_CHAIN_NO_FILE;
	}
	if (here && file != KF_CHAIN_NO_FILE) {
		start(b, file);
		if (!b->chain->cut)
			b->chain->path[b->chain->num_paths - 1].aside = true;
	}
	return here;
}

/* plan_esp: what the options name; without any the removable path, then each
 * folder's loader. */
static void plan_esp(struct builder *b)
{
	const struct kf_chain_given *given = b->given;
	uint16_t machine = machine_of(given);

	if (plan_options(b)) {
		go_on_all(b, 0);
		return;
	}
	for (size_t i = 0; i < given->num_files; i++)
		if (kf_place_is_removable(given->file[i].place, machine))
			start(b, i);
	for (size_t i = 0; i < given->num_files; i++)
		if (starts_by_itself(given, &given->file[i], machine))
			start(b, i);
	go_on_all(b, 0);
}

static bool can_start(enum kf_loader_kind kind)
{
	return kind == KF_LOADER_SHIM || kind == KF_LOADER_GRUB ||
	       kind == KF_LOADER_SYSTEMD_BOOT || kind == KF_LOADER_FALLBACK ||
	       kind == KF_LOADER_OTHER;
}

/* gate_after is who decides about what a loader starts. */
static enum kf_chain_gate gate_after(enum kf_loader_kind kind, size_t shim)
{
	switch (kind) {
	case KF_LOADER_SHIM:
		return KF_GATE_SHIM;
	case KF_LOADER_FALLBACK:
		return KF_GATE_FIRMWARE;
	case KF_LOADER_SYSTEMD_BOOT:
		return shim == KF_CHAIN_NO_FILE ? KF_GATE_FIRMWARE
						: KF_GATE_LOAD_IMAGE;
	case KF_LOADER_GRUB:
		return shim == KF_CHAIN_NO_FILE ? KF_GATE_LOADER
						: KF_GATE_PROTOCOL;
	default:
		return KF_GATE_LOADER;
	}
}

/* follow makes the way to file `last` of a row: who starts it, and who that. */
static void follow(struct builder *b, size_t last)
{
	const struct kf_chain_file *file = b->given->file;
	struct kf_chain_path *path = new_path(b);
	size_t starter = KF_CHAIN_NO_FILE;

	for (size_t i = 0; path && i <= last; i++) {
		enum kf_loader_kind kind = file[i].loader.kind;
		enum kf_chain_gate gate = KF_GATE_FIRMWARE;
		size_t shim = shim_of(b, path);

		if (i != last && !can_start(kind))
			continue;
		if (starter != KF_CHAIN_NO_FILE)
			gate = gate_after(file[starter].loader.kind, shim);
		start_with(b, path, i, gate, shim);
		starter = i;
	}
	if (path && file[last].loader.kind == KF_LOADER_UKI)
		go_on(b, path);
}

/* plan_row: a file that starts nothing ends a path; so does the last one. */
static void plan_row(struct builder *b)
{
	const struct kf_chain_given *given = b->given;

	for (size_t i = 0; i < given->num_files; i++)
		if (i + 1 == given->num_files ||
		    !can_start(given->file[i].loader.kind))
			follow(b, i);
	for (size_t i = 0; i < b->chain->num_paths; i++) {
		struct kf_chain_path *path = &b->chain->path[i];
		size_t file = last_of(path)->file;
		enum kf_loader_kind kind = given->file[file].loader.kind;

		path->aside = given->num_files > 1 &&
			      (kind == KF_LOADER_MOKMANAGER ||
			       kind == KF_LOADER_FWUPD);
	}
}

enum kf_status kf_chain_plan(struct kf_chain *out,
			     const struct kf_chain_given *given,
			     struct kf_env *env)
{
	struct builder b = { out, given, env, KF_OK };

	memset(out, 0, sizeof(*out));
	if (given->in_a_row)
		plan_row(&b);
	else
		plan_esp(&b);
	return b.status;
}
