/* One line for what is wrong, one for what to do.
 */
#include "say.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	NAME_MAX_LEN = 40,	/* longer names are not weighed */
};

/* plain says it without memory: what fits on a short line. */
static void plain(const char *subject, const char *what)
{
	char line[256];
	int len = snprintf(line, sizeof(line), "keyfit: %s%s%s",
			   subject ? subject : "", subject ? ": " : "", what);
	size_t shown = len < (int)sizeof(line) - 1 ? (size_t)len
						   : sizeof(line) - 2;

	for (size_t i = 0; i < shown; i++)
		if ((unsigned char)line[i] < 0x20)
			line[i] = '?';
	line[shown] = '\n';
	if (write(STDERR_FILENO, line, shown + 1) < 0)
		return;		/* nobody is left to be told */
}

void kf_say(const char *subject, const char *what, const char *hint)
{
	struct kf_output out = { 0 };
	struct kf_fault ignored = { 0 };

	kf_output_text(&out, "keyfit: ");
	if (subject) {
		kf_output_shown(&out, kf_text(subject));
		kf_output_text(&out, ": ");
	}
	kf_output_shown(&out, kf_text(what));
	kf_output_text(&out, "\n");
	if (hint && hint[0]) {
		kf_output_text(&out, "keyfit: hint: ");
		kf_output_shown(&out, kf_text(hint));
		kf_output_text(&out, "\n");
	}
	if (kf_output_flush(&out, STDERR_FILENO, &ignored) == KF_NO_MEMORY)
		plain(subject, what);
	kf_output_close(&out);
}

void kf_say_fault(const char *subject, const struct kf_fault *fault)
{
	kf_say(subject, fault->what[0] ? fault->what
	       : "the work could not be done", fault->hint);
}

int kf_say_failure(const char *subject, enum kf_status status,
		   const struct kf_fault *why)
{
	struct kf_fault words = *why;

	if (!words.what[0])
		kf_fault_say(&words, NULL, "%s", kf_status_text(status));
	kf_say_fault(subject, &words);
	return status == KF_WRONG_USE ? KF_EXIT_USAGE : KF_EXIT_FAULT;
}

int kf_put_answer(struct kf_output *out)
{
	struct kf_fault why = { 0 };
	enum kf_status status = kf_output_flush(out, STDOUT_FILENO, &why);

	kf_output_close(out);
	return status == KF_OK ? KF_EXIT_FITS
			       : kf_say_failure("stdout", status, &why);
}

const char *kf_status_text(enum kf_status status)
{
	static const char *const texts[] = {
		[KF_OK] = "nothing is wrong",
		[KF_CANNOT_READ] = "cannot be read: it may have been changed meanwhile",
		[KF_NO_MEMORY] = "out of memory, or it needs more than keyfit allows itself",
		[KF_NO_CRYPTO] = "the crypto library failed",
		[KF_TOO_MUCH] = "takes more steps than keyfit allows itself",
		[KF_WRONG_USE] = "does not fit what is asked of it",
	};

	return texts[status];
}

/* distance counts the letters to add, drop or change. Source: Levenshtein,
 * "Binary codes capable of correcting deletions, insertions, and reversals",
 * 1966. */
static size_t distance(const char *a, const char *b)
{
	size_t row[NAME_MAX_LEN + 1];
	size_t len = strlen(b);

	for (size_t j = 0; j <= len; j++)
		row[j] = j;
	for (size_t i = 0; a[i]; i++) {
		size_t corner = row[0];

		row[0] = i + 1;
		for (size_t j = 0; j < len; j++) {
			size_t best = corner + (a[i] != b[j]);

			corner = row[j + 1];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j + 1] + 1 < best)
				best = row[j + 1] + 1;
			row[j + 1] = best;
		}
	}
	return row[len];
}

void kf_nearest_weigh(struct kf_nearest *nearest, const char *name)
{
	size_t len = strlen(nearest->wanted);
	size_t d;

	if (len > NAME_MAX_LEN || strlen(name) > NAME_MAX_LEN)
		return;
	d = distance(nearest->wanted, name);
	/* A third of the letters may differ, or it starts the same. */
	if (len >= 3 && strncmp(nearest->wanted, name, len) == 0)
		d = 1;
	if (d > 1 + strlen(name) / 3 || d >= strlen(name))
		return;
	if (!nearest->name || d < nearest->distance) {
		nearest->name = name;
		nearest->distance = d;
	}
}

void kf_hint_nearest(char *out, size_t size, const struct kf_nearest *nearest,
		     const char *prefix, const char *otherwise)
{
	if (nearest->name)
		snprintf(out, size, "did you mean %s%s?", prefix,
			 nearest->name);
	else
		snprintf(out, size, "%s", otherwise);
}
