/* The parent's side of driving a token: what the child says is believed no
 * more than the token is, and it is never waited for without end.
 */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	STOP_MS = 5000,
	NAP_MS = 10,
};

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

enum kf_status kf_child_start(struct kf_child *out,
			      const struct kf_driver *driver,
			      const struct kf_key_name *name, unsigned wait_s,
			      struct kf_fault *why)
{
	pid_t parent = getpid();
	int fds[2];

	memset(out, 0, sizeof(*out));
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0) {
		kf_fault_say(why, NULL, "no socket for the token's process: %s",
			     strerror(errno));
		return KF_NO_MEMORY;
	}
	out->pid = fork();
	if (out->pid == 0) {
		close(fds[0]);
		kf_child_run(fds[1], driver, name, parent);
	}
	close(fds[1]);
	if (out->pid < 0) {
		close(fds[0]);
		out->pid = 0;
		kf_fault_say(why, NULL, "no process for the token: %s",
			     strerror(errno));
		return KF_NO_MEMORY;
	}
	out->fd = fds[0];
	out->wait_s = wait_s ? wait_s : KF_TOKEN_WAIT_S;
	return KF_OK;
}

int kf_child_turn(void)
{
	enum { TURN_MS = 10000, STEP_MS = 20 };
	const struct timespec nap = { 0, STEP_MS * 1000000L };
	int64_t until_ms = now_ms() + TURN_MS;
	int turn = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	while (turn >= 0 && flock(turn, LOCK_EX | LOCK_NB) < 0 &&
	       now_ms() < until_ms)
		nanosleep(&nap, NULL);
	return turn;
}

void kf_child_turn_over(int turn)
{
	if (turn < 0)
		return;
	(void)flock(turn, LOCK_UN);
	close(turn);
}

/* reap waits for its end, at most so long. Returns whether it has ended. */
static bool reap(struct kf_child *child, int *ended, int64_t until_ms)
{
	const struct timespec nap = { 0, NAP_MS * 1000000L };
	pid_t got;

	for (;;) {
		got = waitpid(child->pid, ended, WNOHANG);
		if (got == child->pid || (got < 0 && errno != EINTR))
			return true;
		if (now_ms() >= until_ms)
			return false;
		nanosleep(&nap, NULL);
	}
}

/* end ends the child, whatever it does. Returns how it ended. */
static int end(struct kf_child *child, int64_t patience_ms)
{
	int ended = 0;

	if (!child->pid)
		return 0;
	close(child->fd);
	if (!reap(child, &ended, now_ms() + patience_ms)) {
		kill(child->pid, SIGKILL);
		/* What waits in the kernel for a device may not even die. */
		(void)reap(child, &ended, now_ms() + STOP_MS);
	}
	child->pid = 0;
	return ended;
}

void kf_child_stop(struct kf_child *child)
{
	(void)end(child, STOP_MS);
	memset(child, 0, sizeof(*child));
}

/* ready waits till there is something to read, or room to write. */
static bool ready(const struct kf_child *child, short event, int64_t until_ms)
{
	struct pollfd fd = { child->fd, event, 0 };
	int64_t left;
	int got;

	do {
		left = until_ms - now_ms();
		got = left > 0 ? poll(&fd, 1, left > INT32_MAX ? INT32_MAX
							      : (int)left)
			       : 0;
	} while (got < 0 && errno == EINTR);
	return got > 0;
}

/* move sends, or receives, all of `len` bytes. Returns 1: done, 0: it took too
 * long, -1: the child is gone. */
static int move(const struct kf_child *child, void *data, size_t len,
		bool send_it, int64_t until_ms)
{
	uint8_t *at = data;

	while (len) {
		ssize_t n;

		if (!ready(child, send_it ? POLLOUT : POLLIN, until_ms))
			return 0;
		n = send_it ? send(child->fd, at, len,
				   MSG_NOSIGNAL | MSG_DONTWAIT)
			    : recv(child->fd, at, len, MSG_DONTWAIT);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n <= 0)
			return -1;
		at += n;
		len -= (size_t)n;
	}
	return 1;
}

static int ask(const struct kf_child *child, const struct kf_asked *asked,
	       struct kf_child_head *head)
{
	int64_t until_ms = now_ms() + (int64_t)child->wait_s * 1000;
	uint8_t piece[4096];
	uint32_t left;
	int done;

	head->task = asked->task;
	head->scheme = asked->scheme;
	head->len = (uint32_t)asked->content.len;
	done = move(child, head, sizeof(*head), true, until_ms);
	for (size_t at = 0; done > 0 && at < asked->content.len;) {
		size_t n = asked->content.len - at;

		n = n < sizeof(piece) ? n : sizeof(piece);
		memcpy(piece, asked->content.data + at, n);
		done = move(child, piece, n, true, until_ms);
		at += n;
	}
	if (done > 0)
		done = move(child, head, sizeof(*head), false, until_ms);
	if (done > 0 && head->len > KF_CHILD_SAYS_MAX)
		done = -1;
	for (left = done > 0 ? head->len : 0; done > 0 && left;) {
		size_t n = left < sizeof(piece) ? left : sizeof(piece);

		done = move(child, piece, n, false, until_ms);
		kf_output_add(asked->told, (const char *)piece, n);
		left -= (uint32_t)n;
	}
	return done;
}

/* lost says that the child is gone, and why. */
static enum kf_status lost(struct kf_child *child, int done,
			   struct kf_fault *why)
{
	unsigned wait_s = child->wait_s;
	int ended = end(child, done ? 1000 : 0);

	if (!done)
		kf_fault_say(why, "see whether it waits for a touch, or for a PIN of its own; --wait SECONDS gives it more time",
			     "the token does not answer within %u second%s",
			     wait_s, wait_s == 1 ? "" : "s");
	else if (WIFSIGNALED(ended))
		kf_fault_say(why, "try another version of the token's module",
			     "the token's process was ended by signal %d: what drives it has crashed",
			     WTERMSIG(ended));
	else
		kf_fault_say(why, "try another version of the token's module",
			     "the token's process has ended by itself");
	return KF_CANNOT_READ;
}

/* whole closes what a child has said. */
static void whole(struct kf_fault *fault)
{
	fault->what[sizeof(fault->what) - 1] = '\0';
	fault->hint[sizeof(fault->hint) - 1] = '\0';
}

enum kf_status kf_child_ask(struct kf_child *child,
			    const struct kf_asked *asked, struct kf_fault *why)
{
	struct kf_child_head head = { 0 };
	int done;

	if (!child->pid) {
		kf_fault_say(why, "open the key again",
			     "the token's process is gone");
		return KF_CANNOT_READ;
	}
	if (asked->content.len > KF_CHILD_SIGNS_MAX) {
		kf_fault_say(why, NULL, "the message is too long to be signed whole");
		return KF_WRONG_USE;
	}
	done = ask(child, asked, &head);
	if (done <= 0)
		return lost(child, done, why);
	whole(&head.why);
	whole(&head.warning);
	if (asked->warning && head.warning.what[0])
		kf_fault_say(asked->warning, head.warning.hint, "%s",
			     head.warning.what);
	if (asked->told->failed || head.status > KF_WRONG_USE)
		head.status = KF_NO_MEMORY;
	if (head.status != KF_OK && head.why.what[0])
		kf_fault_say(why, head.why.hint, "%s", head.why.what);
	else if (head.status == KF_NO_MEMORY)
		kf_fault_say(why, NULL, "out of memory");
	else if (head.status != KF_OK)
		kf_fault_say(why, NULL, "the token fails, and does not say why");
	return (enum kf_status)head.status;
}
