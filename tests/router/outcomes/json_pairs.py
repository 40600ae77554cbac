"""JSON answers and tool calls that say the same, and that do not."""

# fmt: off
JSON_SAME = [
    ('{"a":1,"b":2}', '{"b": 2, "a": 1.0}'), ('{"title":"Fix login redirect loop"}', '{"title": "Fix the redirect loop at login"}'),
    ('{"label":"Bug Report"}', '{"label":"bug_report"}'), ('{"x":null,"y":1}', '{"y":1}'), ('[1,2,3]', '[1, 2.0, 3]'),
    ('{"urgent":true}', '```json\n{"urgent": true}\n```'), ('{"n":"5"}', '{"n":5}'), ('{"tags":["a","b"]}', '{"tags":["b","a"]}'),
    ('{"city":"paris"}', '{"city":"Paris"}'), ('{"price":10.50}', '{"price":10.5}'), ('{"isNewTopic":true,"title":"CSV parsing"}', '{"isNewTopic":true,"title":"CSV parsing error"}'),
    ('{"path":"./src/a.py"}', '{"path":"src/a.py"}'), ('{"note":"","ok":true}', '{"ok":true}'), ('{"items":[]}', '{}'),
    ('{"complexity_reasoning":"The task needs one simple file change","model_choice":"flash"}', '{"complexity_reasoning":"A simple change of one file","model_choice":"flash"}'),
    ('{"date":"2026-05-01 "}', '{"date":"2026-05-01"}'), ('{"summary":"User fixed the failing upload test"}', '{"summary":"The failing upload test was fixed by the user"}'),
    ('{"reason":"no tools needed","label":"chat"}', '{"label":"chat"}'), ('{"标题":"修复登录错误"}', '{"标题":"修复登录错误"}'), ('{"title":"डेटाबेस त्रुटि"}', '{"title":"डेटाबेस की त्रुटि"}'),
    ('{"a":{"b":[{"c":1}]}}', '{"a":{"b":[{"c":1.0}]}}'), ('{"s":"It\'s ok."}', '{"s":"Its ok"}'), ('{"priority":"P1","team":"billing"}', '{"team":"Billing","priority":"p1"}'),
    ('{"lang":"en","confidence":0.9}', '{"confidence":0.90,"lang":"EN"}'), ('{"x":1e3}', '{"x":1000}'), ('{"sentiment":"Positive."}', '{"sentiment":"positive"}'),
    ('{"explanation":"The query is slow because of a missing index","fix":"index"}', '{"explanation":"A missing index makes the query slow","fix":"index"}'),
    ('{"email":"Ann@x.org"}', '{"email":"ann@x.org"}'), ('{"ok":true,"error":null}', '{"ok":true}'), ('[]', '[ ]'), ('{"title":"Reise nach Lissabon planen"}', '{"title":"Lissabon-Reise planen"}'),
]
JSON_OTHER = [
    ('{"a":1,"b":2}', '{"a":1,"b":3}'), ('{"title":"Fix login redirect loop"}', '{"title":"Lemon cake recipe"}'), ('{"label":"bug_report"}', '{"label":"feature_request"}'),
    ('{"y":1}', '{"y":1,"z":2}'), ('[1,2,3]', '[1,3,2]'), ('{"urgent":true}', '{"urgent":false}'), ('{"n":5}', '{"n":"five hundred"}'), ('{"tags":["a","b"]}', '{"tags":["a"]}'),
    ('{"city":"Paris"}', '{"city":"London"}'), ('{"price":10.5}', '{"price":105}'), ('{"isNewTopic":true,"title":"CSV parsing"}', '{"isNewTopic":false,"title":"CSV parsing"}'),
    ('{"path":"src/a.py"}', '{"path":"src/b.py"}'), ('{"ok":true}', '{"ok":true'), ('{"a":1}', 'a is 1'), ('{"model_choice":"flash"}', '{"model_choice":"pro"}'),
    ('{"date":"2026-05-01"}', '{"date":"2026-05-02"}'), ('{"summary":"User fixed the failing upload test"}', '{"summary":"A recipe for cake was written"}'), ('{"label":"chat","reason":"x"}', '{"label":"code","reason":"x"}'),
    ('{"标题":"修复登录错误"}', '{"标题":"添加深色模式"}'), ('{"title":"डेटाबेस त्रुटि"}', '{"title":"मौसम की जानकारी"}'), ('{"a":{"b":[{"c":1}]}}', '{"a":{"b":[{"c":2}]}}'), ('{"s":"yes"}', '{"s":"no"}'),
    ('{"priority":"P1"}', '{"priority":"P2"}'), ('{"confidence":0.9}', '{"confidence":0.1}'), ('{"x":null}', '{"x":7}'), ('{"sentiment":"positive"}', '{"sentiment":"negative"}'),
    ('{"explanation":"The query is slow because of a missing index"}', '{"explanation":"The server ran out of memory yesterday"}'), ('{"email":"ann@x.org"}', '{"email":"anne@x.org"}'),
    ('[]', '{}'), ('{"title":"Reise nach Lissabon planen"}', '{"title":"Steuererklärung abgeben"}'), ('{"lat":48.1,"lon":11.5}', '{"lat":11.5,"lon":48.1}'),
]
B, R, E, G = "Bash", "Read", "Edit", "Grep"
CALLS_SAME = [
    ([(B, '{"command":"ls -la","description":"List files"}')], [(B, '{"description":"List the files in the folder","command":"ls  -la"}')]),
    ([(R, '{"file_path":"./a.py"}')], [(R, '{"file_path":"a.py"}')]), ([(R, '{"file_path":"/w/a.py","limit":2000}')], [(R, '{"limit":2000.0,"file_path":"/w//a.py"}')]),
    ([(R, '{"file_path":"a"}'), (R, '{"file_path":"b"}')], [(R, '{"file_path":"b"}'), (R, '{"file_path":"a"}')]), ([("now", "")], [("now", "{}")]),
    ([(G, '{"pattern":"foo","path":"src/","-i":null}')], [(G, '{"pattern":"foo","path":"src"}')]), ([(B, '{"command":"pytest -q","timeout":120000}')], [(B, '{"command":"pytest -q"}')]),
    ([(B, '{"command":"git status\\n"}')], [(B, '{"command":"git status"}')]), ([("WebSearch", '{"query":"weather in Paris tomorrow"}')], [("WebSearch", '{"query":"Paris weather tomorrow"}')]),
    ([(E, '{"file_path":"a.py","old_string":"x = 1","new_string":"x = 2"}')], [(E, '{"new_string":"x = 2","old_string":"x = 1","file_path":"a.py"}')]),
    ([("weather", '{"city":"paris"}')], [("weather", '{"city":"Paris"}')]), ([("set", '{"on":true}')], [("set", '{"on":"true"}')]), ([("shell", '{"command":["bash","-lc","ls"]}')], [("shell", '{"command":["bash","-lc","ls"]}')]),
    ([("Task", '{"prompt":"Find where the login redirect is handled","subagent_type":"general"}')], [("Task", '{"subagent_type":"general","prompt":"Find the code where login redirect gets handled"}')]),
    ([("remind", '{"text":"Call Anna about the meeting","at":"2026-05-01T09:00"}')], [("remind", '{"at":"2026-05-01T09:00","text":"call Anna about the meeting"}')]),
]
CALLS_OTHER = [
    ([(B, '{"command":"ls -la"}')], [(B, '{"command":"ls -l"}')]), ([(R, '{"file_path":"a.py"}')], [(R, '{"file_path":"A.py"}')]), ([(R, '{"file_path":"a.py"}')], []),
    ([], [(R, '{"file_path":"a.py"}')]), ([(R, '{"file_path":"a.py"}')], [(G, '{"file_path":"a.py"}')]), ([(R, '{"file_path":"a"}')], [(R, '{"file_path":"a"}'), (R, '{"file_path":"b"}')]),
    ([(R, '{"file_path":"a"}'), (R, '{"file_path":"a"}')], [(R, '{"file_path":"a"}'), (R, '{"file_path":"b"}')]), ([(B, '{"command":"pytest -q"}')], [(B, '{"command":"pytest -q","timeout":5}')]),
    ([(B, '{"command":"rm -r build"}')], [(B, '{"command":"rm -R build"}')]), ([("WebSearch", '{"query":"weather in Paris tomorrow"}')], [("WebSearch", '{"query":"train strike dates"}')]),
    ([(E, '{"old_string":"x = 1","new_string":"x = 2"}')], [(E, '{"old_string":"x = 1","new_string":"x = 3"}')]), ([(E, '{"new_string":"  x"}')], [(E, '{"new_string":"    y"}')]),
    ([("weather", '{"city":"Paris"}')], [("weather", '{"city":"Rome"}')]), ([("set", '{"on":true}')], [("set", '{"on":false}')]), ([("shell", '{"command":["ls","a","b"]}')], [("shell", '{"command":["ls","b","a"]}')]),
    ([("remind", '{"at":"2026-05-01T09:00"}')], [("remind", '{"at":"2026-05-01T19:00"}')]), ([(B, '{"command":"ls"}')], [(B, '{"command":')]),
]
# fmt: on
