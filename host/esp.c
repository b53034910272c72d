/* Finds and opens boot files. What is on an EFI system partition gets its
 * place there; kernels beside it have none.
 *
 * A folder is looked through four levels deep, for files that firmware or a
 * loader would start, told by their first bytes; and for the texts that name
 * them.
 */
#include "esp.h"

#include "device.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

enum {
	DEPTH_MAX = 12,
	PATH_LEN = 4096,
	TEXTS_LEN = 4 << 20,
};

/* kf_esp_opened is a file with the memory that it is judged in. */
struct kf_esp_opened {
	struct kf_file file;
	struct kf_artifact artifact;
	struct kf_work work;
	struct kf_text_file whole;
};

/* kf_looking is a folder tree while it is looked through. */
struct looking {
	struct kf_esp *esp;
	struct kf_fault *why;
	const char *root;	/* the ESP's own folder */
};

static enum kf_status full(struct kf_fault *why, const char *what)
{
	kf_fault_say(why, "give fewer at a time", "there are more %s than keyfit takes", what);
	return KF_TOO_MUCH;
}

static enum kf_status no_memory(struct kf_fault *why)
{
	kf_fault_say(why, NULL, "out of memory");
	return KF_NO_MEMORY;
}

/* keep_text keeps a copy. Fails: NULL. */
static const char *keep_text(struct kf_esp *esp, const char *text)
{
	size_t len = strlen(text) + 1;
	char *copy = kf_arena_take(&esp->texts.arena, len);

	if (copy)
		memcpy(copy, text, len);
	return copy;
}

/* place_of writes a path below the ESP as UEFI does. */
static const char *place_of(struct kf_esp *esp, const char *below)
{
	char place[PATH_LEN];
	size_t len = 0;

	for (; below[len] && len + 1 < sizeof(place); len++)
		place[len] = below[len] == '/' ? '\\' : below[len];
	place[len] = '\0';
	return keep_text(esp, place);
}

static const char *name_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* by_name: the Windows boot manager's name, where nothing in the file told. */
static void by_name(struct kf_chain_file *f)
{
	if (f->loader.kind == KF_LOADER_OTHER && f->loader.is_pe && f->place &&
	    strcasecmp(f->place, "\\EFI\\Microsoft\\Boot\\bootmgfw.efi") == 0)
		f->loader.kind = KF_LOADER_WINDOWS;
}

/* keep_shown keeps what a file is called: one of an image has no path, but the
 * image's, and its place in it. */
static const char *keep_shown(struct kf_esp *esp, const char *path,
			      const char *place)
{
	char shown[PATH_LEN];

	if (!esp->image_path || !place)
		return keep_text(esp, path);
	snprintf(shown, sizeof(shown), "%s:%s", esp->image_path, place);
	return keep_text(esp, shown);
}

static enum kf_status take_file(struct kf_esp *esp, const char *path,
				const char *place,
				struct kf_esp_opened *opened,
				struct kf_fault *why)
{
	struct kf_chain_file *f = &esp->file[esp->given.num_files];
	enum kf_status status;

	esp->texts.env.steps = UINT32_MAX;
	status = kf_loader_read(&f->loader, &opened->file.source,
				&esp->texts.env);
	if (status != KF_OK) {
		kf_say_path(why, path, NULL, "cannot be read");
		return status;
	}
	f->path = keep_shown(esp, path, place);
	f->place = place;
	if (!f->path)
		return no_memory(why);
	by_name(f);
	esp->opened[esp->given.num_files++] = opened;
	return KF_OK;
}

/* add_file opens a file and tells what it is. */
static enum kf_status add_file(struct kf_esp *esp, const char *path,
			       const char *place, struct kf_fault *why)
{
	struct kf_esp_opened *opened;
	struct kf_fault own = { "", "" };
	enum kf_status status;

	if (esp->given.num_files == KF_ESP_FILES_MAX)
		return full(why, "boot files");
	opened = calloc(1, sizeof(*opened));
	if (!opened)
		return no_memory(why);
	status = kf_file_open(&opened->file, path, &own);
	if (status != KF_OK)
		kf_say_path(why, path, own.hint, "%s", own.what);
	else
		status = take_file(esp, path, place, opened, why);
	if (status != KF_OK) {
		kf_file_close(&opened->file);
		free(opened);
	}
	return status;
}

static enum kf_status add_note(struct looking *l, const char *path)
{
	struct kf_esp *esp = l->esp;
	size_t num = esp->given.num_notes;
	struct kf_fault own = { "", "" };
	enum kf_status status;

	if (num == KF_ESP_NOTES_MAX)
		return full(l->why, "boot entries");
	status = kf_text_file_read(&esp->note_file[num], path,
				   KF_ESP_NOTE_MAX, &own);
	if (status != KF_OK) {
		kf_say_path(l->why, path, own.hint, "%s", own.what);
		return status;
	}
	esp->note[num].place = place_of(esp, path + strlen(l->root));
	esp->note[num].text = esp->note_file[num].bytes;
	esp->given.num_notes++;
	return esp->note[num].place ? KF_OK : no_memory(l->why);
}

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	return len >= end_len && strcasecmp(text + len - end_len, end) == 0;
}

/* is_pe looks at the first two bytes. What cannot be opened is taken for one,
 * so that it is told. */
static bool is_pe(const char *path)
{
	char head[2] = { 0 };
	FILE *f = fopen(path, "re");
	size_t got;

	if (!f)
		return true;
	got = fread(head, 1, sizeof(head), f);
	fclose(f);
	return got == sizeof(head) && memcmp(head, "MZ", 2) == 0;
}

/* look_at_file: what firmware starts is named .efi; kernels have any name. */
static enum kf_status look_at_file(struct looking *l, const char *path)
{
	const char *below = path + strlen(l->root), *place;

	if (ends_with(path, ".csv") ||
	    (strncasecmp(below, "/loader/entries/", 16) == 0 &&
	     ends_with(path, ".conf")))
		return add_note(l, path);
	if (!ends_with(path, ".efi") &&
	    strncasecmp(name_of(path), "vmlinuz", 7) != 0 &&
	    strncasecmp(name_of(path), "linux", 5) != 0)
		return KF_OK;
	if (!is_pe(path))
		return KF_OK;
	place = place_of(l->esp, below);
	return place ? add_file(l->esp, path, place, l->why)
		     : no_memory(l->why);
}

static int no_dots(const struct dirent *entry)
{
	return strcmp(entry->d_name, ".") != 0 &&
	       strcmp(entry->d_name, "..") != 0;
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static enum kf_status look_through(struct looking *l, const char *folder,
				   unsigned depth);

static enum kf_status look_at(struct looking *l, const char *folder,
			      const char *name, unsigned depth)
{
	char path[PATH_LEN];
	struct stat st;

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", folder, name) >=
	    sizeof(path)) {
		kf_say_path(l->why, folder, NULL, "has too long a path in it");
		return KF_CANNOT_READ;
	}
	if (stat(path, &st) != 0) {
		/* A link to nothing is nothing. */
		if (errno == ENOENT)
			return KF_OK;
		kf_say_path(l->why, path, NULL, "cannot be read: %s",
			    strerror(errno));
		return KF_CANNOT_READ;
	}
	if (S_ISDIR(st.st_mode) && depth == DEPTH_MAX) {
		kf_say_path(l->why, path,
			    "does a link in it lead back to where it stands?",
			    "lies deeper than %d folders, which keyfit does not look through", DEPTH_MAX);
		return KF_TOO_MUCH;
	}
	if (S_ISDIR(st.st_mode))
		return look_through(l, path, depth + 1);
	return S_ISREG(st.st_mode) ? look_at_file(l, path) : KF_OK;
}

/* look_through goes as deep as DEPTH_MAX, whatever links there are: what lies
 * deeper might boot, and is no answer without it. */
static enum kf_status look_through(struct looking *l, const char *folder,
				   unsigned depth)
{
	struct dirent **entry = NULL;
	int found = scandir(folder, &entry, no_dots, by_bytes);
	enum kf_status status = KF_OK;

	if (found < 0) {
		status = errno == ENOMEM ? KF_NO_MEMORY : KF_CANNOT_READ;
		kf_say_path(l->why, folder, errno == EACCES
			    ? "run as a user who may read it" : NULL,
			    "cannot be read: %s", strerror(errno));
		return status;
	}
	for (int i = 0; i < found; i++) {
		if (status == KF_OK)
			status = look_at(l, folder, entry[i]->d_name, depth);
		free(entry[i]);
	}
	free(entry);
	return status;
}

/* enter finds a folder's entry without regard to case; `path` grows by it. */
static bool enter(char path[PATH_LEN], const char *name)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	struct stat st;
	bool found = false;

	while (dir && !found && (entry = readdir(dir))) {
		size_t len = strlen(path);

		if (strcasecmp(entry->d_name, name) != 0)
			continue;
		if ((size_t)snprintf(path + len, PATH_LEN - len, "/%s",
				     entry->d_name) < PATH_LEN - len &&
		    stat(path, &st) == 0 && S_ISDIR(st.st_mode))
			found = true;
		else
			path[len] = '\0';
	}
	if (dir)
		closedir(dir);
	return found;
}

/* find_esp finds the ESP in a folder: the folder itself, or efi or boot/efi
 * below it. */
static bool find_esp(char out[PATH_LEN], const char *folder)
{
	static const char *const ways[][2] = {
		{ NULL, NULL }, { "efi", NULL }, { "boot", "efi" },
		{ "boot", NULL },
	};
	char probe[PATH_LEN];

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		bool there = true;

		snprintf(out, PATH_LEN, "%s", folder);
		for (size_t k = 0; k < 2 && ways[i][k]; k++)
			there = there && enter(out, ways[i][k]);
		snprintf(probe, sizeof(probe), "%s", out);
		if (there && enter(probe, "EFI"))
			return true;
	}
	return false;
}

/* add_kernels adds those that lie in a folder beside the ESP. */
static enum kf_status add_kernels(struct kf_esp *esp, const char *folder,
				  struct kf_fault *why)
{
	struct dirent **entry = NULL;
	int found = scandir(folder, &entry, no_dots, by_bytes);
	enum kf_status status = KF_OK;
	char path[PATH_LEN];
	struct stat st;

	if (found < 0 && errno != ENOENT && errno != ENOTDIR) {
		status = errno == ENOMEM ? KF_NO_MEMORY : KF_CANNOT_READ;
		kf_say_path(why, folder, "run as a user who may read it",
			    "cannot be read: %s", strerror(errno));
	}
	for (int i = 0; i < found; i++) {
		snprintf(path, sizeof(path), "%s/%s", folder,
			 entry[i]->d_name);
		if (status == KF_OK &&
		    strncmp(entry[i]->d_name, "vmlinuz", 7) == 0 &&
		    lstat(path, &st) == 0 && S_ISREG(st.st_mode) &&
		    is_pe(path))
			status = add_file(esp, path, NULL, why);
		free(entry[i]);
	}
	free(entry);
	return status;
}

/* is_efi_itself: the folder EFI was named, not the one it is in. */
static bool is_efi_itself(char out[PATH_LEN], const char *path)
{
	char *whole = realpath(path, NULL), probe[PATH_LEN];
	bool is = whole && strcasecmp(name_of(whole), "EFI") == 0;

	snprintf(probe, sizeof(probe), "%s", path);
	is = is && !enter(probe, "EFI") &&
	     (size_t)snprintf(out, PATH_LEN, "%s/..", path) < PATH_LEN;
	free(whole);
	return is;
}

/* add_beside adds the kernels that lie in the folder that was named, or in
 * "boot" below it, where that is not the ESP itself. */
static enum kf_status add_beside(struct kf_esp *esp, const char *folder,
				 const char *root, struct kf_fault *why)
{
	enum kf_status status = KF_OK;
	char boot[PATH_LEN];

	if (strcmp(root, folder) == 0 ||
	    strncmp(root, folder, strlen(folder)) != 0)
		return KF_OK;
	status = add_kernels(esp, folder, why);
	snprintf(boot, sizeof(boot), "%s", folder);
	if (status == KF_OK && enter(boot, "boot") &&
	    strcmp(boot, root) != 0)
		status = add_kernels(esp, boot, why);
	return status;
}

static enum kf_status add_folder(struct kf_esp *esp, const char *path,
				 struct kf_fault *why)
{
	struct looking l = { esp, why, NULL };
	char root[PATH_LEN], folder[PATH_LEN];
	size_t len = strlen(path);
	enum kf_status status;

	while (len > 1 && path[len - 1] == '/')
		len--;
	snprintf(folder, sizeof(folder), "%.*s", (int)len, path);
	if (esp->has_folder) {
		kf_say_path(why, path, "ask about one at a time",
			    "is a second EFI system partition");
		return KF_WRONG_USE;
	}
	if (!find_esp(root, folder) && !is_efi_itself(root, folder)) {
		kf_say_path(why, path, "give the folder that holds EFI, as /boot/efi",
			    "holds no EFI system partition");
		return KF_WRONG_USE;
	}
	esp->has_folder = true;
	l.root = root;
	status = look_through(&l, root, 0);
	return status == KF_OK ? add_beside(esp, folder, root, why) : status;
}

/* add_image adds the ESP of a disk image. */
static enum kf_status add_image(struct kf_esp *esp, const char *path,
				uint64_t at, struct kf_fault *why)
{
	enum kf_status status;

	if (esp->has_folder) {
		kf_say_path(why, path, "ask about one at a time",
			    "is a second EFI system partition");
		return KF_WRONG_USE;
	}
	status = kf_esp_image_open(&esp->image, path, at, why);
	esp->image_path = path;
	return status == KF_OK ? add_folder(esp, esp->image.folder, why)
			       : status;
}

enum kf_status kf_esp_add(struct kf_esp *esp, const char *path,
			  struct kf_fault *why)
{
	enum kf_status status = KF_OK;
	struct stat st;
	uint64_t at;

	esp->given.file = esp->file;
	esp->given.note = esp->note;
	if (!esp->texts.arena.base)
		status = kf_work_open(&esp->texts, TEXTS_LEN, esp->crypto,
				      esp->now_s, why);
	if (status != KF_OK)
		return status;
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return add_folder(esp, path, why);
	if (strcmp(path, "-") != 0 && kf_esp_image_is(&at, path))
		return add_image(esp, path, at, why);
	return add_file(esp, path, NULL, why);
}

/* make_ready gives a file memory of its own, and reads it as its format. */
static enum kf_status make_ready(struct kf_esp *esp, size_t index,
				 struct kf_fault *why)
{
	enum { HEAD_LEN = 4096 };
	struct kf_chain_file *f = &esp->file[index];
	struct kf_esp_opened *o = esp->opened[index];
	const struct kf_source *source = &o->file.source;
	size_t len = source->size < HEAD_LEN ? (size_t)source->size
					     : HEAD_LEN;
	uint8_t head[HEAD_LEN];
	enum kf_status status = kf_work_open(&o->work, KF_ARENA_LEN,
					     esp->crypto, esp->now_s, why);

	if (status != KF_OK)
		return status;
	kf_work_again(&o->work, source->size);
	if (len && !source->read_at(source->self, 0, head, len))
		return KF_CANNOT_READ;
	kf_artifact_read(&o->artifact, kf_format_of(kf_view(head, len), source),
			 source, &o->work.env);
	f->artifact = &o->artifact;
	f->env = &o->work.env;
	if (f->loader.kind != KF_LOADER_SHIM)
		return KF_OK;
	o->whole.memory = malloc(source->size <= KF_ESP_SHIM_MAX
				 ? (size_t)source->size + 1 : 1);
	if (!o->whole.memory)
		return no_memory(why);
	if (source->size > KF_ESP_SHIM_MAX) {
		kf_say_path(why, f->path, NULL, "is larger than a shim can be");
		return KF_TOO_MUCH;
	}
	if (!source->read_at(source->self, 0, o->whole.memory,
			     (size_t)source->size))
		return KF_CANNOT_READ;
	f->whole = kf_view(o->whole.memory, (size_t)source->size);
	return KF_OK;
}

/* fits_together: beside an ESP, only kernels may be loose. */
static enum kf_status fits_together(struct kf_esp *esp, struct kf_fault *why)
{
	for (size_t i = 0; esp->has_folder && i < esp->given.num_files; i++) {
		const struct kf_chain_file *f = &esp->file[i];

		if (f->place || f->loader.kind == KF_LOADER_LINUX)
			continue;
		kf_say_path(why, f->path, "give a row of files, or a folder and kernels",
			    "cannot be given beside a folder: where it would stand is not told");
		return KF_WRONG_USE;
	}
	return KF_OK;
}

enum kf_status kf_esp_ready(struct kf_esp *esp, struct kf_fault *why)
{
	enum kf_status status = fits_together(esp, why);

	esp->given.in_a_row = !esp->has_folder;
	for (size_t i = 0; i < esp->given.num_files && status == KF_OK; i++) {
		status = make_ready(esp, i, why);
		if (status == KF_CANNOT_READ)
			kf_say_path(why, esp->file[i].path, NULL,
				    "cannot be read");
	}
	return status;
}

bool kf_esp_same(const struct kf_esp *esp)
{
	for (size_t i = 0; i < esp->given.num_files; i++)
		if (!kf_file_same(&esp->opened[i]->file))
			return false;
	return true;
}

void kf_esp_close(struct kf_esp *esp)
{
	for (size_t i = 0; i < esp->given.num_files; i++) {
		struct kf_esp_opened *o = esp->opened[i];

		if (o->work.arena.base)
			kf_artifact_close(&o->artifact, &o->work.env);
		kf_text_file_close(&o->whole);
		kf_work_close(&o->work);
		kf_file_close(&o->file);
		free(o);
	}
	for (size_t i = 0; i < esp->given.num_notes; i++)
		kf_text_file_close(&esp->note_file[i]);
	kf_work_close(&esp->texts);
	kf_esp_image_close(&esp->image);
	memset(esp, 0, sizeof(*esp));
}
