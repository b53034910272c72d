/* Reads XML.
 */
#include "markup.h"

#include "markup_text.h"

#include <string.h>

enum { ATTRIBUTES_MAX = 1000, DEPTH_MAX = 256 };

struct reading {
	struct kf_markup *out;
	struct kf_env *env;
	enum kf_status status;
	struct kf_bytes text;
	size_t pos;
	struct kf_element *in;
	unsigned depth;
};

static bool goes_on(const struct reading *r)
{
	return r->status == KF_OK && !r->out->damage.field && !r->out->beyond;
}

static void wrong(struct reading *r, const char *field)
{
	if (!goes_on(r))
		return;
	r->out->damage.field = field;
	r->out->damage.at = r->pos;
}

static void beyond(struct reading *r, const char *what)
{
	if (goes_on(r))
		r->out->beyond = what;
}

static int peek(const struct reading *r)
{
	return r->pos < r->text.len ? r->text.data[r->pos] : -1;
}

static bool is_space(int c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void skip_spaces(struct reading *r)
{
	while (is_space(peek(r)))
		r->pos++;
}

/* ends_name tells which letters a name cannot start with. */
static bool ends_name(int c)
{
	return c == '=' || c == '/' || c == '>' || c == ' ';
}

static void *take(struct reading *r, size_t len)
{
	void *p = kf_arena_take(r->env->arena, len);

	if (!p)
		r->status = KF_NO_MEMORY;
	return p;
}

static bool is_alpha(uint8_t c)
{
	return (c | 32) >= 'a' && (c | 32) <= 'z';
}

/* may_name tells which letters of ASCII a name has. */
static bool may_name(uint8_t c, bool first)
{
	return is_alpha(c) || c == '_' || c == ':' ||
	       (!first && ((c >= '0' && c <= '9') || c == '.' || c == '-'));
}

/* check_name: letters that are not of ASCII are for those who have tables of
 * them. */
static void check_name(struct reading *r, struct kf_bytes name)
{
	for (size_t i = 0; i < name.len && goes_on(r); i++) {
		uint8_t c = name.data[i];

		if (c >= 0x80)
			beyond(r, "a name of XML that is not in ASCII");
		else if (!may_name(c, i == 0))
			wrong(r, "name");
	}
	if (name.len == 0)
		wrong(r, "name");
}

static struct kf_bytes take_name(struct reading *r)
{
	size_t from = r->pos;

	while (peek(r) >= 0 && !ends_name(peek(r)) && !is_space(peek(r)))
		r->pos++;
	return kf_part_of(r->text, from, r->pos - from);
}

/* is_good takes over what is wrong with a text. */
static bool is_good(struct reading *r, const struct kf_markup_text *text)
{
	if (text->status != KF_OK)
		r->status = text->status;
	if (text->wrong)
		wrong(r, text->wrong);
	if (text->beyond)
		beyond(r, text->beyond);
	return goes_on(r);
}

/* put_attribute sets one; a name that comes again keeps its place. */
static void put_attribute(struct reading *r, struct kf_element *e,
			  struct kf_bytes name, struct kf_bytes value)
{
	struct kf_attribute **end = &e->attribute;

	for (; *end; end = &(*end)->next)
		if (kf_equal((*end)->name, name)) {
			(*end)->value = value;
			return;
		}
	*end = take(r, sizeof(**end));
	if (!*end)
		return;
	(*end)->name = name;
	(*end)->value = value;
}

/* attribute reads NAME="VALUE". */
static void attribute(struct reading *r, struct kf_element *e)
{
	struct kf_bytes name = take_name(r);
	struct kf_markup_text value;
	size_t from;
	int quote;

	skip_spaces(r);
	if (peek(r) < 0)
		return;
	check_name(r, name);
	if (peek(r) != '=') {
		wrong(r, "=");
		return;
	}
	r->pos++;
	skip_spaces(r);
	quote = peek(r);
	if (quote != '"' && quote != '\'') {
		if (quote >= 0)
			wrong(r, "value");
		return;
	}
	from = ++r->pos;
	while (peek(r) >= 0 && peek(r) != quote)
		r->pos++;
	if (peek(r) < 0)
		return;
	kf_markup_value(&value, kf_part_of(r->text, from, r->pos - from),
			r->env);
	r->pos++;
	if (is_good(r, &value))
		put_attribute(r, e, name, value.bytes);
}

static void close_element(struct reading *r)
{
	r->in = r->in->parent;
	r->depth--;
}

/* attributes reads all of them, up to the end of the tag. */
static void attributes(struct reading *r, struct kf_element *e)
{
	size_t num = 0;

	for (skip_spaces(r); goes_on(r) && peek(r) >= 0 && peek(r) != '/' &&
	     peek(r) != '>'; skip_spaces(r)) {
		if (ends_name(peek(r)) || ++num > ATTRIBUTES_MAX)
			wrong(r, "attribute");
		else
			attribute(r, e);
	}
}

/* enter makes an element the one that is open, until its tag ends in "/>". */
static void enter(struct reading *r, struct kf_element *e)
{
	e->parent = r->in;
	if (r->in->last)
		r->in->last->next = e;
	else
		r->in->first = e;
	r->in->last = e;
	r->in = e;
	if (++r->depth > DEPTH_MAX)
		beyond(r, "very deep XML");
	if (r->text.data[r->pos++] != '/')
		return;
	if (peek(r) >= 0 && peek(r) != '>')
		wrong(r, "/>");
	if (peek(r) == '>') {
		r->pos++;
		close_element(r);
	}
}

/* open_tag reads behind "<" a name with its attributes. One in which the text
 * ends nobody hears of. */
static void open_tag(struct reading *r)
{
	struct kf_bytes name = take_name(r);
	struct kf_element *e;

	if (peek(r) < 0)
		return;
	e = take(r, sizeof(*e));
	if (!e)
		return;
	attributes(r, e);
	if (!goes_on(r) || peek(r) < 0)
		return;
	check_name(r, name);
	e->name = name;
	enter(r, e);
}

static void close_tag(struct reading *r)
{
	struct kf_bytes name;

	if (peek(r) >= 0 && ends_name(peek(r))) {
		wrong(r, "</");
		return;
	}
	name = take_name(r);
	skip_spaces(r);
	if (peek(r) < 0)
		return;
	if (peek(r) != '>' || r->in == &r->out->top ||
	    !kf_equal(name, r->in->name)) {
		wrong(r, "end of an element");
		return;
	}
	r->pos++;
	close_element(r);
}

static bool ends(struct kf_bytes all, const char *with)
{
	struct kf_bytes w = kf_text(with);

	return all.len >= w.len &&
	       kf_equal(kf_part_of(all, all.len - w.len, w.len), w);
}

static bool starts(struct kf_bytes all, const char *with)
{
	struct kf_bytes w = kf_text(with);

	return kf_equal(kf_part_of(all, 0, w.len), w);
}

/* is_passed tells whether what started at "<" ends with this ">". */
static bool is_passed(struct kf_bytes all, unsigned balance)
{
	return (all.data[1] == '?' && all.data[all.len - 1] == '?') ||
	       (starts(all, "<!--") && ends(all, "--")) ||
	       (starts(all, "<![CDATA[") && ends(all, "]]")) ||
	       (starts(all, "<!DOCTYPE") && balance == 0);
}

/* pass skips what is no element: comments, instructions, CDATA, types of
 * documents; `from` is its "<". */
static void pass(struct reading *r, size_t from)
{
	unsigned balance = 1;

	for (; peek(r) >= 0; r->pos++) {
		if (peek(r) == 0)
			beyond(r, "a NUL in XML");
		if (peek(r) == '<')
			balance++;
		if (peek(r) != '>')
			continue;
		balance--;
		if (is_passed(kf_part_of(r->text, from, r->pos - from),
			      balance)) {
			r->pos++;
			return;
		}
	}
}

/* tag reads what follows "<". */
static void tag(struct reading *r)
{
	size_t from = r->pos++;
	int c = peek(r);

	if (c < 0)
		return;
	if (c == '?' || c == '!') {
		pass(r, from);
	} else if (c == '/') {
		r->pos++;
		close_tag(r);
	} else if (ends_name(c)) {
		wrong(r, "<");
	} else {
		open_tag(r);
	}
}

/* content reads text up to the next "<"; what has none behind it is no text.
 * Of an element the first one counts. */
static void content(struct reading *r)
{
	size_t from = r->pos;
	struct kf_markup_text text;

	while (peek(r) >= 0 && peek(r) != '<')
		r->pos++;
	if (peek(r) < 0)
		return;
	kf_markup_content(&text, kf_part_of(r->text, from, r->pos - from),
			  r->env);
	if (!is_good(r, &text) || r->in->has_text)
		return;
	r->in->has_text = true;
	r->in->text = text.bytes;
}

/* strip takes the blanks off the texts of elements without others in them. */
static void strip(struct kf_element *e)
{
	struct kf_bytes *t = &e->text;

	while (t->len && is_space(t->data[t->len - 1]))
		t->len--;
	while (t->len && is_space(t->data[0])) {
		t->data++;
		t->len--;
	}
}

static void strip_all(struct kf_element *top)
{
	struct kf_element *e = top->first;

	while (e) {
		if (e->first) {
			e = e->first;
			continue;
		}
		strip(e);
		while (e != top && !e->next)
			e = e->parent;
		e = e == top ? NULL : e->next;
	}
}

static void skip_bom(struct reading *r)
{
	static const uint8_t bom[] = { 0xef, 0xbb, 0xbf };

	if (peek(r) != bom[0])
		return;
	if (r->text.len >= sizeof(bom) &&
	    !kf_equal(kf_part_of(r->text, 0, sizeof(bom)),
		      kf_view(bom, sizeof(bom))))
		wrong(r, "byte order mark");
	r->pos = r->text.len < sizeof(bom) ? r->text.len : sizeof(bom);
}

enum kf_status kf_markup_read(struct kf_markup *out, struct kf_bytes text,
			      struct kf_env *env)
{
	struct reading r = { .out = out, .env = env, .text = text };

	memset(out, 0, sizeof(*out));
	r.in = &out->top;
	skip_bom(&r);
	while (goes_on(&r) && peek(&r) >= 0) {
		size_t before = r.pos;

		if (r.in == &out->top)
			skip_spaces(&r);
		if (peek(&r) == '<')
			tag(&r);
		else if (r.in != &out->top)
			content(&r);
		else if (peek(&r) >= 0)
			wrong(&r, "text outside of elements");
		if (!kf_spend(env, 16 + (r.pos - before)))
			return KF_TOO_MUCH;
	}
	if (r.in != &out->top)
		wrong(&r, "end of an element");
	if (goes_on(&r))
		strip_all(&out->top);
	return r.status;
}

struct kf_bytes kf_markup_attribute(const struct kf_element *element,
				    const char *name)
{
	struct kf_bytes none = { NULL, 0 };

	for (const struct kf_attribute *a = element->attribute; a; a = a->next)
		if (kf_equal(a->name, kf_text(name)))
			return a->value;
	return none;
}

bool kf_markup_is(struct kf_bytes text, const char *word)
{
	return text.data && kf_equal(text, kf_text(word));
}

const struct kf_element *kf_markup_child(const struct kf_element *parent,
					 const struct kf_element *after,
					 const char *name,
					 const char *attribute,
					 const char *value)
{
	const struct kf_element *e = after ? after->next : parent->first;

	for (; e; e = e->next)
		if (kf_equal(e->name, kf_text(name)) &&
		    (!attribute ||
		     kf_markup_is(kf_markup_attribute(e, attribute), value)))
			return e;
	return NULL;
}
