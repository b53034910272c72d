/* The child's side of driving a token.
 *
 * Nothing that is open in its parent stays open: not a lock, not the answer
 * that is being written. Its memory goes into no core file.
 */
#include "child.h"

#include "host/file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

/* settle leaves the child with `fd` alone. */
static void settle(int fd)
{
	const struct rlimit none = { 0, 0 };
	int null = open("/dev/null", O_RDWR);

	(void)setrlimit(RLIMIT_CORE, &none);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	for (int to = STDIN_FILENO; to <= STDERR_FILENO; to++)
		if (null >= 0)
			(void)dup2(null, to);
	if (fd > STDERR_FILENO + 1)
		(void)close_range(STDERR_FILENO + 1, (unsigned)fd - 1, 0);
	(void)close_range((unsigned)fd + 1, ~0U, 0);
}

static enum kf_status sign(const struct kf_driver *driver, void *self,
			   const struct kf_child_head *head,
			   struct kf_output *told, struct kf_fault *why,
			   int fd)
{
	struct kf_signature signature = { { 0 }, 0 };
	uint8_t *content = malloc((size_t)head->len + 1);
	enum kf_status status = KF_NO_MEMORY;

	if (content && !kf_read_all(fd, content, head->len))
		_exit(1);
	if (content)
		status = driver->sign(self, &signature, &head->scheme,
				      kf_view(content, head->len), why);
	free(content);
	if (status == KF_OK)
		kf_output_add(told, (const char *)signature.bytes,
			      signature.len);
	return status;
}

static enum kf_status act(const struct kf_driver *driver, void *self,
			  const struct kf_child_head *head,
			  struct kf_output *told, struct kf_fault *why, int fd)
{
	switch ((enum kf_child_task)head->task) {
	case KF_CHILD_OPEN:
		return driver->open(self, told, why);
	case KF_CHILD_LIST:
		return driver->list(self, told, why);
	case KF_CHILD_SIGN:
		return sign(driver, self, head, told, why, fd);
	}
	return KF_WRONG_USE;
}

void kf_child_run(int fd, const struct kf_driver *driver,
		  const struct kf_key_name *name, pid_t parent)
{
	struct kf_child_head head, answer = { 0 };
	enum kf_status started;
	void *self = NULL;

	signal(SIGPIPE, SIG_IGN);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 ||
	    getppid() != parent)
		_exit(1);
	started = driver->start(&self, name, &answer.warning, &answer.why);
	settle(fd);
	if (started == KF_OK)
		started = driver->load(self, &answer.why);
	while (kf_read_all(fd, &head, sizeof(head))) {
		struct kf_output told = { 0 };
		bool ok;

		answer.status = started == KF_OK
			? act(driver, self, &head, &told, &answer.why, fd)
			: started;
		if (told.failed)
			answer.status = KF_NO_MEMORY;
		answer.len = answer.status == KF_OK ? (uint32_t)told.len : 0;
		ok = kf_write_all(fd, kf_view(&answer, sizeof(answer))) &&
		     kf_write_all(fd, kf_view(told.data, answer.len));
		kf_output_close(&told);
		memset(&answer, 0, sizeof(answer));
		if (!ok || started != KF_OK)
			break;
	}
	driver->close(self);
	_exit(0);
}
