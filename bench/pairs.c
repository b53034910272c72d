/* Times two commands in turn, A B A B ..., as whole processes, and prints the
 * ratio of their medians with the least and the greatest of the pairs.
 *
 *   pairs NAME GOAL EXIT-A EXIT-B A... -- B...
 *
 * runs 41 pairs, or PAIRS of them. With CPU set the time is the processor's, of
 * the command and of what it started and waited for: some tools mostly sleep.
 *
 * Both have to end with the exit status that says that their answer was right.
 * First A runs against itself: when that ratio leaves 0.9 to 1.1 the machine is
 * too restless, and the run is marked so.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PAIRS_MAX = 101 };

static int num_pairs = 41;	/* PAIRS in the environment asks for others */

struct run {
	double seconds;
	long kilobytes;
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double seconds(const struct timeval *t)
{
	return (double)t->tv_sec + (double)t->tv_usec / 1e6;
}

static double cpu(const struct rusage *usage)
{
	return seconds(&usage->ru_utime) + seconds(&usage->ru_stime);
}

static struct run once(char **command, int wanted)
{
	double start = now();
	pid_t pid = fork();
	struct rusage usage;
	struct run r;
	int status;

	if (pid == 0) {
		int null = open("/dev/null", O_RDWR);

		dup2(null, 0);
		dup2(null, 1);
		dup2(null, 2);
		execvp(command[0], command);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &usage) != pid)
		exit(4);
	r.seconds = getenv("CPU") ? cpu(&usage) : now() - start;
	r.kilobytes = usage.ru_maxrss;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != wanted) {
		fprintf(stderr, "pairs: %s ended with %d, not %d\n",
			command[0], WIFEXITED(status) ? WEXITSTATUS(status)
						      : -1, wanted);
		exit(1);
	}
	return r;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *v)
{
	qsort(v, (size_t)num_pairs, sizeof(*v), by_value);
	return v[num_pairs / 2];
}

struct result {
	double ratio, least, most, a, b;
	double rss, kilobytes;
};

static struct result compare(char **a, int exit_a, char **b, int exit_b)
{
	double ta[PAIRS_MAX] = { 0 }, tb[PAIRS_MAX] = { 0 };
	double ra[PAIRS_MAX] = { 0 }, rb[PAIRS_MAX] = { 0 };
	double ratio[PAIRS_MAX] = { 0 };
	struct result r;

	once(a, exit_a);
	once(b, exit_b);
	for (int i = 0; i < num_pairs; i++) {
		struct run x = once(a, exit_a), y = once(b, exit_b);

		ta[i] = x.seconds;
		tb[i] = y.seconds;
		ratio[i] = x.seconds / y.seconds;
		ra[i] = (double)x.kilobytes;
		rb[i] = (double)y.kilobytes;
	}
	r.a = median(ta);
	r.b = median(tb);
	r.ratio = median(ratio);
	r.least = ratio[0];
	r.most = ratio[num_pairs - 1];
	r.kilobytes = median(ra);
	r.rss = r.kilobytes / median(rb);
	return r;
}

int main(int argc, char **argv)
{
	char **a = argv + 5, **b = a;
	struct result self, r;

	const char *pairs = getenv("PAIRS");

	if (pairs)
		num_pairs = atoi(pairs);
	if (argc < 8 || num_pairs < 1 || num_pairs > PAIRS_MAX)
		return 2;
	while (*b && strcmp(*b, "--") != 0)
		b++;
	if (!*b)
		return 2;
	*b++ = NULL;
	self = compare(a, atoi(argv[3]), a, atoi(argv[3]));
	r = compare(a, atoi(argv[3]), b, atoi(argv[4]));
	printf("%-34s %-8s %5.2f (%.2f to %.2f)  %6.2f / %6.2f ms"
	       "  RSS %.2f (%.0f KiB)%s\n",
	       argv[1], argv[2], r.ratio, r.least, r.most, r.a * 1e3,
	       r.b * 1e3, r.rss, r.kilobytes,
	       self.ratio < 0.9 || self.ratio > 1.1
	       ? "  RESTLESS: drop this run" : "");
	return 0;
}
