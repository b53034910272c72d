/* Runs a fuzz target over files and folders of files, without a fuzzer: the
 * corpora are part of the tests, and coverage is measured with them.
 */
#define _GNU_SOURCE
#include "world.h"

#include "arena.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#ifndef GUARDED
void guard_all(struct kf_arena *arena)
{
	arena->used = 0;
}
#endif

static void replay(const char *path, int *num)
{
	FILE *file = fopen(path, "rb");
	uint8_t *bytes = NULL;
	long len = -1;

	if (file && fseek(file, 0, SEEK_END) == 0)
		len = ftell(file);
	if (len >= 0)
		bytes = malloc(len ? (size_t)len : 1);
	if (!bytes || fseek(file, 0, SEEK_SET) != 0 ||
	    fread(bytes, 1, (size_t)len, file) != (size_t)len) {
		fprintf(stderr, "replay: %s: cannot be read\n", path);
		exit(1);
	}
	fclose(file);
	LLVMFuzzerTestOneInput(bytes, (size_t)len);
	free(bytes);
	(*num)++;
}

static void replay_folder(const char *path, int *num)
{
	DIR *folder = opendir(path);
	char file[PATH_MAX];
	struct dirent *entry;

	if (!folder) {
		fprintf(stderr, "replay: %s: cannot be opened\n", path);
		exit(1);
	}
	while ((entry = readdir(folder))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(file, sizeof(file), "%s/%s", path, entry->d_name);
		replay(file, num);
	}
	closedir(folder);
}

int main(int argc, char **argv)
{
	int num = 0;

	for (int i = 1; i < argc; i++) {
		struct stat st;

		if (stat(argv[i], &st) == 0 && S_ISDIR(st.st_mode))
			replay_folder(argv[i], &num);
		else
			replay(argv[i], &num);
	}
	printf("%d inputs\n", num);
	return num ? 0 : 1;
}
