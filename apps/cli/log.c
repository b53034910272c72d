/* Appends events. Several programs may append to one log at a time: a line is
 * one write to a file that is open for appending.
 */
#include "log.h"

#include "render.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum {
	EVENT_VERSION = 1,
};

enum kf_status kf_log_open(struct kf_log *out, const char *path,
			   struct kf_fault *why)
{
	memset(out, 0, sizeof(*out));
	out->fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC |
		       O_NOCTTY, 0666);
	if (out->fd < 0) {
		kf_fault_say(why, "name a file that you may write to",
			     "cannot be opened for appending: %s",
			     strerror(errno));
		return KF_CANNOT_READ;
	}
	out->path = path;
	return KF_OK;
}

void kf_log_close(struct kf_log *log)
{
	if (log->path)
		close(log->fd);
	memset(log, 0, sizeof(*log));
}

/* event writes the line. */
static void event(struct kf_output *out, const struct kf_pair *pair)
{
	struct kf_json json = { .out = out };

	kf_json_open(&json, NULL, '{');
	kf_json_text(&json, "event", "verdict");
	kf_json_number(&json, "version", EVENT_VERSION);
	kf_json_time(&json, "time", kf_now_s());
	kf_json_text(&json, "source", "keyfit");
	kf_json_text(&json, "source_version", KEYFIT_VERSION);
	kf_json_time(&json, "judged_at", pair->at_s);
	kf_json_pair(&json, pair);
	kf_json_close(&json);
	kf_output_text(out, "\n");
}

enum kf_status kf_log_verdict(const struct kf_log *log,
			      const struct kf_pair *pair, struct kf_fault *why)
{
	struct kf_output out = { 0 };
	enum kf_status status = KF_CANNOT_READ;
	ssize_t put;

	event(&out, pair);
	if (out.failed) {
		kf_fault_say(why, NULL, "out of memory");
		kf_output_close(&out);
		return KF_NO_MEMORY;
	}
	do {
		put = write(log->fd, out.data, out.len);
	} while (put < 0 && errno == EINTR);
	if (put == (ssize_t)out.len)
		status = KF_OK;
	else
		kf_fault_say(why, "make room, then check again",
			     "cannot be written: %s",
			     put < 0 ? strerror(errno)
				     : "only a part of the event fitted");
	kf_output_close(&out);
	return status;
}
