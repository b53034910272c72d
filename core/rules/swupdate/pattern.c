/* Extended regular expressions, as far as revisions of hardware need them:
 * letters, sets, groups, alternatives, repetition, anchors.
 *
 * What POSIX leaves open and GNU's own escapes are beyond it. A pattern becomes
 * a machine of states, all of which are followed at once (match.c), so that no
 * pattern takes longer than its size times that of the text.
 *
 * Source: IEEE Std 1003.1-2017, base definitions, 9.4 (extended regular
 * expressions); glibc's manual, "POSIX Regexp Compilation".
 */
#include "pattern.h"

#include "swupdate.h"

#include <string.h>

enum { OPERATORS_MAX = 64 };

/* part is a piece of a machine: its first state, and the ends that still lead
 * nowhere, one state by which all of them leave. */
struct part {
	int first, last;
};

struct machine {
	struct swupdate_state *state;
	int num;
	struct part part[OPERATORS_MAX];
	int num_parts;
	char op[OPERATORS_MAX];		/* '(', '|', '.' */
	int from[OPERATORS_MAX];	/* the first state behind it */
	int num_ops;
	struct kf_bytes pattern;
	size_t at;
	bool beyond;
	bool wrong;		/* it is no pattern, and matches nothing */
};

static int new_state(struct machine *m, enum kind kind, int next, int other)
{
	struct swupdate_state *s;

	if (m->num == STATES_MAX) {
		m->beyond = true;
		return 0;
	}
	s = &m->state[m->num];
	s->kind = kind;
	s->next = next;
	s->other = other;
	return m->num++;
}

static void push(struct machine *m, struct part p)
{
	if (m->num_parts == OPERATORS_MAX)
		m->beyond = true;
	else
		m->part[m->num_parts++] = p;
}

static struct part pop(struct machine *m)
{
	struct part none = { 0, 0 };

	if (m->num_parts == 0) {
		m->beyond = true;
		return none;
	}
	return m->part[--m->num_parts];
}

/* simple is a part of one state. */
static void simple(struct machine *m, enum kind kind, const uint8_t *set)
{
	int at = new_state(m, kind, NOWHERE, NOWHERE);

	if (set)
		memcpy(m->state[at].set, set, SET_LEN);
	push(m, (struct part){ at, at });
}

/* join runs one part behind the other, either runs one of the two. Every part
 * leaves by one state alone: either's is one that does nothing. */
static void join(struct machine *m)
{
	struct part b = pop(m), a = pop(m);

	m->state[a.last].next = b.first;
	push(m, (struct part){ a.first, b.last });
}

static void either(struct machine *m)
{
	struct part b = pop(m), a = pop(m);
	int in = new_state(m, SPLIT, a.first, b.first);
	int out = new_state(m, SPLIT, NOWHERE, NOWHERE);

	m->state[a.last].next = m->state[b.last].next = out;
	push(m, (struct part){ in, out });
}

/* repeat makes of a part one that may come again, or be left out. */
static void repeat(struct machine *m, char how)
{
	struct part a = pop(m);
	int out = new_state(m, SPLIT, NOWHERE, NOWHERE);
	int in = new_state(m, SPLIT, a.first, how == '+' ? NOWHERE : out);

	m->state[a.last].next = out;
	if (how != '?')
		m->state[a.last].next = new_state(m, SPLIT, a.first, out);
	push(m, (struct part){ in, out });
}

/* settle does the operators that bind closer than what comes. */
static void settle(struct machine *m, const char *which)
{
	while (m->num_ops && !m->beyond) {
		char op = m->op[m->num_ops - 1];

		if (op != which[0] && op != which[1])
			return;
		m->num_ops--;
		if (op == '.')
			join(m);
		else
			either(m);
	}
}

static void operator(struct machine *m, char op)
{
	if (m->num_ops == OPERATORS_MAX)
		m->beyond = true;
	else {
		m->from[m->num_ops] = m->num;
		m->op[m->num_ops++] = op;
	}
}

static int peek(const struct machine *m, size_t ahead)
{
	return ahead < m->pattern.len - m->at
	       ? m->pattern.data[m->at + ahead] : -1;
}

static void put(uint8_t *set, int c)
{
	set[c / 8] |= (uint8_t)(1 << c % 8);
}

/* class puts the letters of [:name:] into a set; true: it stands here. */
static bool named(struct machine *m, uint8_t *set)
{
	static const struct { const char *name, *ranges; } names[] = {
		{ "[:digit:]", "09" }, { "[:alpha:]", "azAZ" },
		{ "[:alnum:]", "azAZ09" }, { "[:upper:]", "AZ" },
		{ "[:lower:]", "az" }, { "[:xdigit:]", "09afAF" },
	};

	if (peek(m, 0) != '[')
		return false;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct kf_bytes name = kf_text(names[i].name);

		if (!kf_equal(kf_part_of(m->pattern, m->at, name.len), name))
			continue;
		m->at += name.len;
		for (const char *r = names[i].ranges; *r; r += 2)
			for (int c = r[0]; c <= r[1]; c++)
				put(set, c);
		return true;
	}
	if (peek(m, 1) == ':' || peek(m, 1) == '.' || peek(m, 1) == '=')
		m->beyond = true;
	return false;
}

/* range puts one letter, or those from one to another, into a set. */
static void range(struct machine *m, uint8_t *letters)
{
	int from = peek(m, 0), to = from;

	if (peek(m, 1) == '-' && peek(m, 2) != ']') {
		to = peek(m, 2);
		m->at += 2;
	}
	m->at++;
	m->beyond |= to < from || to == '[';
	for (int c = from; c <= to; c++)
		put(letters, c);
}

/* set reads what stands in brackets. */
static void set(struct machine *m)
{
	uint8_t letters[SET_LEN] = { 0 };
	bool negated = peek(m, 1) == '^', first = true;

	m->at += negated ? 2 : 1;
	for (; peek(m, 0) != ']' || first; first = false) {
		m->wrong |= peek(m, 0) < 0;
		if (m->wrong || m->beyond)
			return;
		if (!named(m, letters))
			range(m, letters);
	}
	m->at++;
	for (size_t i = 0; negated && i < SET_LEN; i++)
		letters[i] = (uint8_t)~letters[i];
	simple(m, SET, letters);
}

static void letter(struct machine *m, int c)
{
	uint8_t letters[SET_LEN] = { 0 };

	put(letters, c);
	simple(m, SET, letters);
}

static void any(struct machine *m)
{
	uint8_t letters[SET_LEN];

	memset(letters, 0xff, sizeof(letters));
	simple(m, SET, letters);
}

/* is_among tells whether a letter is one of a text. */
static bool is_among(int c, const char *text)
{
	while (*text && *text != c)
		text++;
	return c > 0 && *text;
}

/* escaped is a letter behind a backslash: one that would mean something, taken
 * as it is. */
static void escaped(struct machine *m)
{
	int c = peek(m, 1);

	m->at += 2;
	if (is_among(c, "^.[]$()|*+?{}\\-/:#,"))
		letter(m, c);
	else
		m->beyond = true;
}

/* atom reads one thing that may be repeated. */
static void atom(struct machine *m)
{
	int c = peek(m, 0);

	if (c == '[') {
		set(m);
		return;
	}
	if (c == '\\') {
		escaped(m);
		return;
	}
	m->at++;
	m->beyond |= is_among(c, "*+?{}");
	if (c == '^')
		simple(m, START, NULL);
	else if (c == '$')
		simple(m, END, NULL);
	else if (c == '.')
		any(m);
	else
		letter(m, c);
}

/* close ends a group, when one is open, and gives its first state. */
static int close_group(struct machine *m)
{
	settle(m, ".|");
	if (m->num_ops == 0)
		m->beyond = true;
	else
		m->num_ops--;
	m->at++;
	return m->from[m->num_ops];
}

/* number reads digits; -1: there are none. */
static int number(struct machine *m)
{
	int value = -1;

	for (int c = peek(m, 0); c >= '0' && c <= '9'; c = peek(m, 0)) {
		value = (value < 0 ? 0 : value) * 10 + c - '0';
		m->beyond |= value > STATES_MAX;
		m->at++;
		if (m->beyond)
			break;
	}
	return value;
}

/* bounds reads what stands in braces; `max` -1: no end. */
static void bounds(struct machine *m, int *min, int *max)
{
	m->at++;
	*min = *max = number(m);
	m->beyond |= *min < 0;
	if (peek(m, 0) == ',') {
		m->at++;
		*max = number(m);
		m->wrong |= *max >= 0 && *max < *min;
	}
	m->beyond |= peek(m, 0) != '}';
	m->at++;
}

/* copies makes further ones of the states from `from` on, behind them. */
static void copies(struct machine *m, int from, int num)
{
	int size = m->num - from;

	for (int i = from; num > 0 && i < from + size * num; i++) {
		const struct swupdate_state *s = &m->state[i];
		int next = s->next == NOWHERE ? NOWHERE : s->next + size;
		int other = s->other == NOWHERE ? NOWHERE : s->other + size;
		int at = new_state(m, s->kind, next, other);

		if (m->beyond)
			return;
		memcpy(m->state[at].set, m->state[i].set, SET_LEN);
	}
}

/* endless repeats a part at least so often: with one that comes any number of
 * times behind the others. */
static void endless(struct machine *m, struct part a, int from, int min)
{
	int size = m->num - from;

	copies(m, from, min);
	for (int i = 0; i <= min && !m->beyond; i++) {
		push(m, (struct part){ a.first + i * size,
				       a.last + i * size });
		if (i == min)
			repeat(m, '*');
		if (i)
			join(m);
	}
}

/* count repeats a part whose states stand from `from` on as often as braces
 * say: those that may be left out come last. */
static void count(struct machine *m, int from)
{
	struct part a = pop(m);
	int size = m->num - from, min, max, num;

	bounds(m, &min, &max);
	if (m->beyond || m->wrong)
		return;
	if (max < 0) {
		endless(m, a, from, min);
		return;
	}
	num = max;
	copies(m, from, num - 1);
	if (num == 0)
		simple(m, SPLIT, NULL);
	for (int i = 0; i < num && !m->beyond; i++) {
		push(m, (struct part){ a.first + i * size,
				       a.last + i * size });
		if (i >= min)
			repeat(m, '?');
		if (i)
			join(m);
	}
}

/* repeats reads what says how often. An anchor does not come again. */
static void repeats(struct machine *m, int from)
{
	for (int c = peek(m, 0); is_among(c, "*+?{"); c = peek(m, 0)) {
		struct part a = pop(m);

		m->beyond |= m->state[a.first].kind == START ||
			     m->state[a.first].kind == END;
		push(m, a);
		if (m->beyond || m->wrong)
			return;
		if (c == '{') {
			count(m, from);
			continue;
		}
		repeat(m, (char)c);
		m->at++;
	}
}

/* build makes the machine. `value`: a part has just ended, so that what comes
 * is run behind it. */
static void build(struct machine *m)
{
	bool value = false;

	while (m->at < m->pattern.len && !m->beyond && !m->wrong) {
		int c = peek(m, 0);

		if (c == '|') {
			m->beyond |= !value;
			settle(m, "..");
			operator(m, '|');
			m->at++;
			value = false;
			continue;
		}
		if (c == ')') {
			m->beyond |= !value;
			repeats(m, close_group(m));
			continue;
		}
		if (value)
			operator(m, '.');
		value = c != '(';
		if (value) {
			int from = m->num;

			atom(m);
			repeats(m, from);
		} else {
			operator(m, '(');
			m->at++;
		}
	}
	m->beyond |= !value;
	settle(m, ".|");
	m->beyond |= m->num_ops || m->num_parts != 1;
}

enum swupdate_match swupdate_pattern(struct kf_bytes pattern,
				     struct kf_bytes text, struct kf_env *env)
{
	struct kf_arena lent = *env->arena;
	struct machine *m = kf_arena_take(&lent, sizeof(*m));
	int found;

	if (pattern.len == 0)
		return SWUPDATE_MATCH;
	if (!m)
		return SWUPDATE_MATCH_BEYOND;
	m->state = kf_arena_take(&lent, STATES_MAX * sizeof(*m->state));
	if (!m->state || !kf_spend(env, (text.len + 1) * STATES_MAX))
		return SWUPDATE_MATCH_BEYOND;
	m->pattern = pattern;
	build(m);
	found = new_state(m, FOUND, NOWHERE, NOWHERE);
	if (m->wrong)
		return SWUPDATE_NO_MATCH;
	if (m->beyond)
		return SWUPDATE_MATCH_BEYOND;
	m->state[m->part[0].last].next = found;
	return swupdate_run(m->state, m->num, m->part[0].first, text)
	       ? SWUPDATE_MATCH : SWUPDATE_NO_MATCH;
}
