-- A long piece of ordinary work for sqlite3, all sizes of blocks.
--
-- test_drop_in.py runs it on the exported heaps and on the C library's malloc, and compares what it prints.

pragma temp_store = memory;
pragma cache_size = 300;
create table word(id integer primary key, name text unique);
insert into word(name) values ('heap'), ('block'), ('page'), ('frame'), ('list'), ('bucket'), ('bin'), ('table'),
    ('entry'), ('byte'), ('lock'), ('extent'), ('segment'), ('order'), ('word');
create table row(id integer primary key, word integer references word(id), number integer, text text, data blob);
create index row_number on row(number, word);
create table log(at integer, said text);
create trigger row_gone after delete on row begin
    insert into log values (old.id, 'gone ' || substr(old.text, 1, 20));
end;

with recursive n(x) as (select 1 union all select x + 1 from n where x < 90000)
insert into row select x, x * 7 % 15 + 1, x * 7919 % 10007, hex(x * 104729) || substr('abcdefghijklmnop', 1, x % 16),
    zeroblob(x % 300) from n;
select count(*), sum(length(text)), sum(length(data)), count(distinct number) from row;

begin;
update row set text = text || text || text where number % 3 = 0;
delete from row where id % 5 = 0;
savepoint inner;
delete from row where number < 5000;
select count(*), (select count(*) from log) from row;
rollback to inner;
commit;
select count(*), sum(length(text)), (select count(*) from log) from row;

-- Joins, groups, windows.
select word.name, count(*), sum(number), max(length(text)) from row join word on word.id = row.word
    group by word.name order by word.name;
select sum(rank), sum(total) from (
    select rank() over (partition by word order by number, id) as rank,
        sum(length(text)) over (partition by word order by number, id rows 20 preceding) as total from row);
select count(*), sum(length(a.text)) from row a join row b on a.number = b.number and a.id < b.id;

-- Large texts and blobs: they are built, cut, replaced and compared.
create table large(id integer primary key, text text);
with recursive grown(n, text) as (select 1, 'heap' union all select n + 1, text || text || n from grown where n < 17)
insert into large select n, text from grown;
select id, length(text), length(replace(text, 'heap', 'block')), instr(text, '17') from large order by id;
update large set text = substr(text, 1, length(text) / 2) || upper(substr(text, length(text) / 2 + 1));
select sum(length(text)), count(distinct substr(text, -10)) from large;
select length(group_concat(text, '-')) from (select text from row order by number, id);
select sum(length(quote(data))) from row;

-- JSON, expressions, common tables.
create table document(id integer primary key, body text);
insert into document select id, json_object('id', id, 'number', number, 'text', text,
    'parts', json_array(number % 7, number % 11, text, json_object('deep', word))) from row where id % 4 = 1;
select sum(json_extract(body, '$.number')), sum(json_extract(body, '$.parts[3].deep')),
    sum(length(json_set(body, '$.text', 'none', '$.more', json_array(1, 2, 3)))) from document;
select count(*), sum(value) from document, json_each(document.body, '$.parts') where typeof(value) = 'integer';
with recursive
    axis(x) as (select -20 union all select x + 1 from axis where x < 20),
    point(x, y, a, b, step) as (
        select u.x, v.x, 0.0, 0.0, 0 from axis u, axis v
        union all
        select x, y, a * a - b * b + x / 15.0, 2 * a * b + y / 15.0, step + 1 from point
            where a * a + b * b < 4 and step < 25)
select sum(last), max(last) from (select max(step) as last from point group by x, y);

-- Everything is built anew, and taken down.
create table copy as select * from row order by text desc, id;
create index copy_text on copy(text, data);
create view seen as select word, count(*) as many, group_concat(substr(text, 1, 3), '') as firsts from copy group by word;
select word, many, length(firsts) from seen order by word;
reindex;
vacuum;
analyze;
pragma integrity_check;
delete from copy where rowid % 2;
drop index copy_text;
drop table copy;
vacuum;
select count(*), sum(length(said)) from log;
