/* Reads a release folder: every file once, and nothing that lies outside.
 */
#include "kind.h"
#include "release.h"

#include "analysis/keys.h"
#include "host/walk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILES_AT_FIRST = 64 };

const char *kf_release_slug(enum kf_release_finding finding)
{
	static const char *const slugs[] = {
#define FINDING(name, slug, words) [KF_RELEASE_##name] = slug,
#include "findings.def"
#undef FINDING
	};

	return slugs[finding];
}

const char *kf_release_words(enum kf_release_finding finding)
{
	static const char *const texts[] = {
#define FINDING(name, slug, words) [KF_RELEASE_##name] = words,
#include "findings.def"
#undef FINDING
	};

	return texts[finding];
}

/* gathering is one walk. */
struct gathering {
	struct kf_release *out;
	kf_release_found *found;
	void *self;
	struct kf_work *work;
	struct kf_fault *why;
	char **path;
	const char *now;	/* the file that is looked at */
	enum kf_status status;
};

/* below is a path below the folder. */
static const char *below(const struct gathering *g, const char *path)
{
	path += strlen(g->out->folder);
	while (*path == '/')
		path++;
	return path;
}

/* stop ends the walk for a fault about a path. */
static bool stop(struct gathering *g, const char *path, enum kf_status status)
{
	if (g->status == KF_OK) {
		g->status = status;
		*g->path = strdup(path);
	}
	return false;
}

/* is_plain: a name has to be the same text wherever it is shown and kept. */
static bool is_plain(const char *path)
{
	struct kf_bytes text = kf_text(path);

	if (text.len == 0 || text.len > KF_RELEASE_PATH_MAX)
		return false;
	while (text.len) {
		uint32_t code;
		size_t len = kf_utf8(text, &code);

		if (len == 0 || kf_steers(code) || code == '\\')
			return false;
		text = kf_part_of(text, len, text.len - len);
	}
	return true;
}

/* is_left_over knows what host/replace.c writes beside a file. */
static bool is_left_over(const char *path)
{
	const char *slash = strrchr(path, '/');

	return strncmp(slash ? slash + 1 : path, ".keyfit-", 8) == 0;
}

static void key_found(void *self, const struct kf_key_found *key)
{
	struct gathering *g = self;

	if (key->kind == KF_KEY_PRIVATE)
		g->found(g->self, KF_RELEASE_PRIVATE_KEY, g->now, key->form);
}

static struct kf_release_file *room_for_one(struct kf_release *out)
{
	size_t size = out->size ? out->size * 2 : FILES_AT_FIRST;
	void *file;

	if (out->num < out->size)
		return &out->file[out->num];
	file = realloc(out->file, size * sizeof(*out->file));
	if (!file)
		return NULL;
	out->file = file;
	out->size = size;
	return &out->file[out->num];
}

/* join adds the signers of one file to those of the folder. */
static bool join(struct kf_signers *all, struct kf_release_file *f,
		 const struct kf_signers *own)
{
	for (size_t i = 0; i < own->num; i++) {
		size_t n = kf_signers_add(all, &own->signer[i]);

		if (n < KF_SIGNERS_MAX)
			f->signers |= UINT32_C(1) << n;
	}
	return !all->more && !own->more;
}

/* describe reads one file, whose place in the list is ready. */
static enum kf_status describe(struct gathering *g, struct kf_release_file *f,
			       const struct kf_file *file)
{
	struct kf_signers signers = { .num = 0 };
	struct kf_told_kind kind = { .num_parts = 0 };
	const struct kf_sink sink = { kf_told_kind_look, &kind };
	enum kf_status status;

	kf_work_again(g->work, file->source.size);
	status = kf_file_digest(&f->sha256, &file->source, &g->work->env);
	kf_work_again(g->work, file->source.size);
	if (status == KF_OK)
		status = kf_keys_find(&file->source, &g->work->env, key_found,
				      g);
	kf_work_again(g->work, file->source.size);
	if (status == KF_OK)
		status = kf_signers_find(&signers, &f->format, &file->source,
					 g->work, &sink);
	if (status == KF_OK && !f->format)
		status = kf_paper_kind(&f->format, &file->source, g->work);
	if (status != KF_OK)
		return status;
	snprintf(f->version, sizeof(f->version), "%s", kind.version);
	f->has_counter = kind.has_counter;
	f->counter = kind.counter;
	if (join(&g->out->signers, f, &signers))
		return KF_OK;
	kf_fault_say(g->why, "make several releases of it",
		     "there are more signers than a manifest holds: %d",
		     KF_SIGNERS_MAX);
	return KF_WRONG_USE;
}

/* read_file puts one file on the list. */
static enum kf_status read_file(struct gathering *g, const char *path,
				const char *name)
{
	struct kf_release_file *f = room_for_one(g->out);
	struct kf_file file = { 0 };
	enum kf_status status;

	if (!f)
		return KF_NO_MEMORY;
	memset(f, 0, sizeof(*f));
	status = kf_file_open(&file, path, g->why);
	if (status != KF_OK)
		return status;
	f->path = strdup(name);
	f->len = file.source.size;
	f->changed_s = file.changed_s;
	f->changed_ns = file.changed_ns;
	status = f->path ? describe(g, f, &file) : KF_NO_MEMORY;
	if (status == KF_OK && !kf_file_same(&file)) {
		kf_fault_say(g->why, "a release is made when nobody writes to it",
			     "changed while it was read");
		status = KF_CANNOT_READ;
	}
	kf_file_close(&file);
	if (status == KF_OK)
		g->out->num++;
	else
		free(f->path);
	return status;
}

static bool take_file(void *self, const char *path)
{
	struct gathering *g = self;
	const char *name = below(g, path);
	enum kf_status status;

	if (strcmp(name, KF_RELEASE_NAME) == 0) {
		g->out->has_manifest = true;
		return true;
	}
	if (!is_plain(name))
		g->found(g->self, KF_RELEASE_BAD_NAME, name, NULL);
	else if (is_left_over(name))
		g->found(g->self, KF_RELEASE_LEFT_OVER, name, NULL);
	if (g->out->num == KF_RELEASE_FILES_MAX) {
		kf_fault_say(g->why, "make several releases of it",
			     "is one file more than a manifest holds: %d",
			     KF_RELEASE_FILES_MAX);
		return stop(g, path, KF_WRONG_USE);
	}
	g->now = name;
	status = read_file(g, path, name);
	return status == KF_OK || stop(g, path, status);
}

static void take_unread(void *self, const char *path, const char *why)
{
	struct gathering *g = self;

	kf_fault_say(g->why, NULL, "%s", why);
	(void)stop(g, path, KF_CANNOT_READ);
}

static void take_other(void *self, const char *path, const char *kind)
{
	struct gathering *g = self;

	g->found(g->self, KF_RELEASE_NO_FILE, below(g, path), kind);
}

static int by_path(const void *a, const void *b)
{
	const struct kf_release_file *one = a, *other = b;

	return strcmp(one->path, other->path);
}

enum kf_status kf_release_gather(struct kf_release *out, char **path,
				 const char *folder, kf_release_found *found,
				 void *self, struct kf_work *work,
				 struct kf_fault *why)
{
	struct gathering g = { .out = out, .found = found, .self = self,
			       .work = work, .why = why, .path = path };
	const struct kf_walk_sink sink = { take_file, take_unread, take_other,
					   &g };
	enum kf_status status;

	*path = NULL;
	out->folder = folder;
	status = kf_walk(folder, &sink);
	if (status == KF_OK)
		status = g.status;
	if (status == KF_OK && out->num)
		qsort(out->file, out->num, sizeof(*out->file), by_path);
	return status;
}

char *kf_release_path(const char *folder, const char *path)
{
	size_t len = strlen(folder);
	char *out = malloc(len + strlen(path) + 2);

	if (out)
		sprintf(out, "%s%s%s", folder, len && folder[len - 1] == '/'
			? "" : "/", path);
	return out;
}

struct kf_release_fit *kf_release_fit_add(struct kf_release *release)
{
	struct kf_release_fit *fit;
	size_t size = release->fits_size ? release->fits_size * 2 : 4;

	if (release->num_fits == release->fits_size) {
		void *more = realloc(release->fit, size * sizeof(*fit));

		if (!more)
			return NULL;
		release->fit = more;
		release->fits_size = size;
	}
	fit = &release->fit[release->num_fits];
	memset(fit, 0, sizeof(*fit));
	fit->asked = calloc(release->num + 1, sizeof(*fit->asked));
	if (!fit->asked)
		return NULL;
	release->num_fits++;
	return fit;
}

void kf_release_close(struct kf_release *release)
{
	for (size_t i = 0; i < release->num; i++)
		free(release->file[i].path);
	for (size_t i = 0; i < release->num_fits; i++)
		free(release->fit[i].asked);
	free(release->file);
	free(release->fit);
	memset(release, 0, sizeof(*release));
}
