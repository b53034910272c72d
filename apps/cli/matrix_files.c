/* The files of a matrix: each is opened and read once, whatever fleet it is
 * held against; and so is what stands in bundles.
 */
#include "matrix.h"

#include "inside.h"
#include "say.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { HEAD_LEN = 4096, VERIFIERS_MAX = 32 };

static enum kf_status no_memory(struct kf_fault *why)
{
	kf_fault_say(why, NULL, "out of memory");
	return KF_NO_MEMORY;
}

/* start makes room for a file. Fails: NULL. */
static struct kf_matrix_file *start(struct kf_matrix *m, const char *path,
				    struct kf_fault *why)
{
	struct kf_matrix_file *f = calloc(1, sizeof(*f));

	if (m->num_files == KF_MATRIX_FILES_MAX) {
		kf_fault_say(why, "ask about fewer at a time",
			     "is one file too many");
		free(f);
		return NULL;
	}
	if (f)
		f->path = strdup(path);
	if (!f || !f->path ||
	    kf_work_open(&f->work, KF_ARENA_LEN, m->crypto, m->at_s,
			 why) != KF_OK) {
		if (f)
			free(f->path);
		free(f);
		kf_fault_say(why, NULL, "out of memory");
		return NULL;
	}
	f->copy = -1;
	m->file[m->num_files++] = f;
	return f;
}

static enum kf_status recognise(struct kf_matrix_file *f)
{
	uint8_t head[HEAD_LEN];
	size_t len = f->source.size < HEAD_LEN ? (size_t)f->source.size
					       : HEAD_LEN;

	if (len && !f->source.read_at(f->source.self, 0, head, len))
		return KF_CANNOT_READ;
	f->format = kf_format_of(kf_view(head, len), &f->source);
	kf_work_again(&f->work, f->source.size);
	return kf_file_digest(&f->sha256, &f->source, &f->work.env);
}

int kf_matrix_add(struct kf_matrix *m, const char *release, const char *path,
		  const struct kf_digest *wanted)
{
	struct kf_fault why = { "", "" };
	struct kf_matrix_file *f = start(m, path ? path : "", &why);
	enum kf_status status = KF_OK;

	if (!f) {
		kf_say_fault(path, &why);
		return KF_EXIT_FAULT;
	}
	f->release = release;
	f->of = m->num_releases - 1;
	m->num_given = m->num_files;
	if (!path)
		return KF_EXIT_FITS;	/* no file: a signer is asked about */
	status = kf_file_open(&f->file, path, &why);
	f->source = f->file.source;
	if (status == KF_OK)
		status = recognise(f);
	if (status == KF_OK && wanted &&
	    (wanted->len != f->sha256.len ||
	     memcmp(wanted->bytes, f->sha256.bytes, wanted->len) != 0)) {
		kf_fault_say(&why, "add the release anew",
			     "is not the file any more that was added to %s",
			     release);
		status = KF_CANNOT_READ;
	}
	return status == KF_OK ? KF_EXIT_FITS
			       : kf_say_failure(path, status, &why);
}

enum kf_status kf_matrix_read(struct kf_matrix_file *f,
			      const struct kf_matrix *m,
			      const struct kf_rules *rules)
{
	bool again = f->artifact.num_prepared == KF_PREPARED_MAX &&
		     !kf_artifact_state(&f->artifact, rules);

	/* What deciding took of the arena is given back at once. */
	again |= f->work.arena.used > f->work.arena.size / 4 * 3;
	if (f->read && again) {
		kf_artifact_close(&f->artifact, &f->work.env);
		f->read = false;
	}
	f->work.env.now_s = m->at_s;
	if (!f->read) {
		kf_work_again(&f->work, f->source.size);
		kf_artifact_read(&f->artifact, f->format, f->path[0]
				 ? &f->source : NULL, &f->work.env);
		f->artifact.suppose = m->signer->certificate;
		f->artifact.num_suppose = m->signer->num;
		f->read = true;
	}
	kf_work_more(&f->work, f->source.size);
	kf_artifact_prepare(&f->artifact, rules, &f->work.env);
	return f->artifact.status;
}

static bool read_copy(void *self, uint64_t at, void *out, size_t len)
{
	const struct kf_matrix_file *f = self;
	size_t done = 0;

	while (done < len) {
		ssize_t got = pread(f->copy, (char *)out + done, len - done,
				    (off_t)(at + done));

		if (got <= 0)
			return false;
		done += (size_t)got;
	}
	return true;
}

/* looking is a bundle while it is looked into. */
struct looking {
	struct kf_matrix *m;
	struct kf_matrix_file *bundle;
	enum kf_status status;
	struct kf_fault *why;
};

static bool pour(int fd, const struct kf_source *source)
{
	char piece[16384];
	uint64_t at = 0;

	while (at < source->size) {
		uint64_t left = source->size - at;
		size_t some = left < sizeof(piece) ? (size_t)left
						   : sizeof(piece);
		ssize_t put;

		if (!source->read_at(source->self, at, piece, some))
			return false;
		put = write(fd, piece, some);
		if (put <= 0)
			return false;
		at += (uint64_t)put;
	}
	return true;
}

/* keep_inner copies a file out of a bundle: it is judged for many classes, and
 * was to be had once. */
static void keep_inner(void *self, const char *path,
		       const struct kf_source *source,
		       const struct kf_format *format)
{
	struct looking *l = self;
	struct kf_matrix_file *f;

	if (l->status != KF_OK)
		return;
	f = start(l->m, path, l->why);
	if (!f) {
		l->status = KF_NO_MEMORY;
		return;
	}
	f->release = l->bundle->release;
	f->bundle = l->bundle;
	f->of = l->bundle->of;
	f->copy = memfd_create("keyfit", MFD_CLOEXEC);
	f->source = (struct kf_source){ source->size, read_copy, f };
	f->format = format;
	if (f->copy < 0 || !pour(f->copy, source)) {
		kf_fault_say(l->why, NULL, "cannot be copied out of the bundle");
		l->status = KF_CANNOT_READ;
		return;
	}
	kf_work_again(&f->work, f->source.size);
	l->status = kf_file_digest(&f->sha256, &f->source, &f->work.env);
}

/* everybody is a device with all verifiers there are: what any of them would
 * judge is taken out of a bundle, once. */
static void everybody(struct kf_device *device,
		      struct kf_device_verifier *list)
{
	const struct kf_rules *rules;

	device->verifier = list;
	device->name = "the fleet";
	for (size_t i = 0; (rules = kf_rules_at(i)); i++) {
		size_t n = 0;

		/* jcat-tool is on no device, and would take all that is packed
		 * by gzip. */
		if (strcmp(rules->verifier->name, "jcat") == 0)
			continue;
		while (n < device->num_verifiers &&
		       list[n].rules->verifier != rules->verifier)
			n++;
		if (n == device->num_verifiers && n < VERIFIERS_MAX)
			list[device->num_verifiers++].rules = rules;
	}
}

enum kf_status kf_matrix_look_inside(struct kf_matrix *m,
				     struct kf_matrix_file *f,
				     struct kf_fault *why)
{
	static struct kf_device_verifier list[VERIFIERS_MAX];
	struct kf_device device = { .num_verifiers = 0 };
	struct looking l = { m, f, KF_OK, why };
	struct kf_inside_found found = { 0 };
	struct kf_contents contents = { 0 };
	enum kf_status status;

	if (f->inside != KF_NOT_LOOKED)
		return KF_OK;
	f->inside = KF_LOOKED;
	everybody(&device, list);
	f->artifact.format->contents(&f->artifact, &contents);
	status = kf_inside(&found, &device, &contents, &f->source, f->path,
			   keep_inner, &l, &f->shut);
	if (status == KF_OK && found.unsearched.what[0]) {
		f->shut = found.unsearched;
		status = KF_CANNOT_READ;
	}
	if (status == KF_CANNOT_READ && l.status == KF_OK) {
		f->inside = KF_SHUT;
		return KF_OK;
	}
	if (status != KF_OK && !f->shut.what[0])
		return no_memory(why);
	if (status != KF_OK)
		*why = f->shut;
	return status == KF_OK ? l.status : status;
}

void kf_matrix_close_files(struct kf_matrix *m)
{
	for (size_t n = 0; n < m->num_files; n++) {
		struct kf_matrix_file *f = m->file[n];

		kf_artifact_close(&f->artifact, &f->work.env);
		kf_work_close(&f->work);
		if (f->copy >= 0)
			close(f->copy);
		if (!f->bundle && f->path[0])
			kf_file_close(&f->file);
		free(f->path);
		free(f);
	}
	m->num_files = m->num_given = 0;
}
