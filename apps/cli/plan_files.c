/* Opens the files of a release, once for each date: boot files of UEFI as ways
 * to boot, all others one by one.
 */
#include "plan.h"

#include "say.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { HEAD_LEN = 4096 };

/* is_boot_file: a folder, a disk, a PE file. */
static bool is_boot_file(const char *path, const struct kf_format *format)
{
	struct stat st;
	uint64_t at;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return true;
	return format ? kf_equal(kf_text(format->name), kf_text("pe"))
		      : kf_esp_image_is(&at, path);
}

/* open_one opens a file that is no boot file of UEFI. */
static enum kf_status open_one(struct kf_plan_opened *o, const char *path,
			       bool *is_boot, struct kf_fault *why)
{
	struct kf_plan_file *f = &o->file[o->num_files];
	uint8_t head[HEAD_LEN];
	size_t len = sizeof(head);
	struct stat st;
	enum kf_status status;

	*is_boot = stat(path, &st) == 0 && S_ISDIR(st.st_mode);
	if (*is_boot)
		return KF_OK;
	status = kf_file_open(&f->file, path, why);
	if (status != KF_OK)
		return status;
	o->num_files++;
	f->path = path;
	if (f->file.source.size < len)
		len = (size_t)f->file.source.size;
	if (len && !f->file.source.read_at(f->file.source.self, 0, head, len))
		return KF_CANNOT_READ;
	f->format = kf_format_of(kf_view(head, len), &f->file.source);
	*is_boot = is_boot_file(path, f->format);
	if (*is_boot) {
		kf_file_close(&f->file);
		memset(f, 0, sizeof(*f));
		o->num_files--;
		return KF_OK;
	}
	kf_work_more(&o->work, f->file.source.size);
	kf_artifact_read(&f->artifact, f->format, &f->file.source,
			 &o->work.env);
	return f->artifact.status;
}

static enum kf_status open_all(struct kf_plan_opened *o,
			       struct kf_planning *p, size_t date,
			       const char *const *path, size_t num,
			       const char **culprit, struct kf_fault *why)
{
	enum kf_status status = kf_work_open(&o->work, KF_ARENA_LEN, p->crypto,
					     p->date_s[date], why);

	o->esp.crypto = p->crypto;
	o->esp.now_s = p->date_s[date];
	for (size_t i = 0; i < num && status == KF_OK; i++) {
		bool is_boot = false;

		*culprit = path[i];
		status = open_one(o, path[i], &is_boot, why);
		if (status == KF_OK && is_boot) {
			status = kf_esp_add(&o->esp, path[i], why);
			o->has_boots = true;
		}
	}
	if (status == KF_OK && o->has_boots)
		status = kf_esp_ready(&o->esp, why);
	return status;
}

int kf_plan_open(struct kf_plan_opened **out, struct kf_planning *p,
		 size_t date, size_t which)
{
	struct kf_plan_opened **o = &p->opened[date][which];
	bool release = which < KF_ROTATION_RELEASES_MAX;
	const char *const *path = release ? p->release[which].file
		: &p->update[which - KF_ROTATION_RELEASES_MAX].file;
	size_t num = release ? p->release[which].num_files : 1;
	struct kf_fault why = { 0 };
	const char *culprit = NULL;
	enum kf_status status;

	if (!*o)
		*o = calloc(1, sizeof(**o));
	*out = *o;
	if (!*o)
		return kf_say_failure(NULL, KF_NO_MEMORY, &why);
	if ((*o)->is_open)
		return KF_EXIT_FITS;
	status = open_all(*o, p, date, path, num, &culprit, &why);
	(*o)->is_open = status == KF_OK;
	return status == KF_OK ? KF_EXIT_FITS
			       : kf_say_failure(culprit, status, &why);
}

bool kf_plan_files_same(const struct kf_planning *p)
{
	for (size_t d = 0; d < KF_ROTATION_EPOCHS_MAX; d++)
		for (size_t i = 0; i < KF_PLAN_OPENED_MAX; i++) {
			const struct kf_plan_opened *o = p->opened[d][i];

			if (!o)
				continue;
			for (size_t f = 0; f < o->num_files; f++)
				if (!kf_file_same(&o->file[f].file))
					return false;
			if (o->has_boots && !kf_esp_same(&o->esp))
				return false;
		}
	return true;
}

static void close_one(struct kf_plan_opened *o)
{
	for (size_t f = 0; f < o->num_files; f++) {
		kf_artifact_close(&o->file[f].artifact, &o->work.env);
		kf_file_close(&o->file[f].file);
	}
	kf_esp_close(&o->esp);
	kf_work_close(&o->work);
	free(o);
}

void kf_plan_files_close(struct kf_planning *p)
{
	for (size_t d = 0; d < KF_ROTATION_EPOCHS_MAX; d++)
		for (size_t i = 0; i < KF_PLAN_OPENED_MAX; i++) {
			if (p->opened[d][i])
				close_one(p->opened[d][i]);
			p->opened[d][i] = NULL;
		}
}
