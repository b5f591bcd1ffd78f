"""Fifty short conversations in ten languages, with code, numbers and emoji: what tokens are counted of."""

from __future__ import annotations

from itertools import cycle, islice

from chatapp.domain.entities import Message, Role

SENTENCES = {
    "English": (
        "Could you explain why the sky isn't blue at sunset, please?",
        "Light travels a longer way through the air then, and the blue part is scattered before it reaches you.",
        "They've asked for 1,250 copies by 09:30; we'd need three more days.",
        "Write it as a list:\n- first the flour\n- then 2 eggs\n- a pinch of salt\n\nThat's all!",
    ),
    "Spanish": (
        "¿Podrías decirme cuántos kilómetros hay entre Sevilla y Málaga?",
        "Son unos 205 km por la autovía; el tren tarda casi dos horas y media.",
        "Mañana lloverá, así que llévate el paraguas y un jersey de lana.",
        "El niño soñó con pingüinos, cigüeñas y un corazón de azúcar.",
    ),
    "German": (
        "Wie heißt die Straßenbahnhaltestelle vor dem Fußballstadion?",
        "Die Donaudampfschifffahrtsgesellschaft fährt übermorgen um 14:45 Uhr ab Gleis 7.",
        "Können Sie mir bitte die Geschwindigkeitsbegrenzung erklären?",
        "„Das ist schön“, sagte die Großmutter und goss noch etwas Öl in die Pfanne.",
    ),
    "French": (
        "Où se trouve l'hôtel le plus proche de la gare, s'il vous plaît ?",
        "C'est à deux pas d'ici : prenez la première rue à gauche, après le café.",
        "Il n'y a plus que 3,50 € dans le porte-monnaie ; qu'est-ce qu'on fait ?",
        "L'été dernier, nous avons goûté des crêpes à la crème brûlée.",
    ),
    "Russian": (
        "Сколько будет стоить билет до Санкт-Петербурга на следующую пятницу?",
        "Поезд отправляется в 23:55 и приходит утром, билет стоит около 2 800 рублей.",
        "Объясни, пожалуйста, чем отличается подъезд от объезда.",
        "Ёжик спрятался под ёлкой, а снег всё шёл и шёл…",
    ),
    "Hindi": (
        "क्या आप मुझे दाल बनाने की आसान विधि बता सकते हैं?",
        "पहले दाल को धोकर बीस मिनट भिगोएँ, फिर हल्दी और नमक डालकर पकाएँ।",
        "कल सुबह ६ बजे की गाड़ी है, इसलिए जल्दी सो जाइए।",
        "मेरे छोटे भाई ने विज्ञान की प्रतियोगिता में प्रथम पुरस्कार जीता।",
    ),
    "Arabic": (
        "كيف أصل إلى المتحف من محطة القطار، وكم يستغرق الطريق؟",
        "اركب الحافلة رقم ١٢، ثم انزل عند الموقف الرابع؛ يستغرق ذلك ربع ساعة.",
        "هل يمكنك أن تكتب لي رسالة قصيرة أشكر فيها المعلّمة؟",
        "السماء صافية اليوم، والبحر هادئٌ جدًّا.",
    ),
    "Chinese": (
        "请问从北京到上海坐高铁需要多长时间？票价大概是多少？",
        "最快的一趟大约四个半小时，二等座票价五百五十三元。",
        "我想学做红烧肉，家里只有酱油、糖和一块五花肉。",
        "春眠不觉晓，处处闻啼鸟。夜来风雨声，花落知多少。",
    ),
    "Japanese": (
        "明日の会議は何時からですか?資料はもう送りましたか。",
        "午後三時からです。資料は昨日メールでお送りしました。",
        "カレーを作りたいのですが、ジャガイモとニンジンしかありません。",
        "雨が降っていたので、タクシーで帰ることにしました。",
    ),
    "Korean": (
        "서울에서 부산까지 기차로 얼마나 걸리나요?",
        "고속열차를 타면 두 시간 반 정도 걸리고, 요금은 약 59,800원입니다.",
        "김치찌개를 맛있게 끓이는 방법을 알려 주세요.",
        "오늘은 날씨가 맑아서 공원에서 산책하기 좋겠어요.",
    ),
}

BESIDES = (
    "def area(r: float) -> float:\n    return 3.14159 * r**2  # close enough\n\n\nprint(area(2.5))",
    "👩‍👩‍👧‍👦 🎉🎉 👍🏽 ❤️ 🇮🇳 — ok? :-)",
    "SELECT name, COUNT(*) FROM visits WHERE day >= '2026-01-01' GROUP BY name HAVING COUNT(*) > 10;",
    'https://example.com/a/b?q=1&lang=de#top\t{"a": [1, 2.5, null], "b": "\\u00e9"}\r\n\r\n   ',
    "E = mc², ∑ᵢ xᵢ ≤ √(n²+1) ≈ 12_345.678e-9; <|endoftext|> is only text, isn't it?",
)


def talks() -> list[tuple[Message, ...]]:
    """Return the conversations: of two to five turns, the instructions first in each third one."""
    found: list[tuple[Message, ...]] = []
    for sentences in SENTENCES.values():
        for number, besides in enumerate(BESIDES):
            turns = islice(cycle(sentences), number, number + 2 + number % 3)
            said = [*turns, f"{sentences[number % len(sentences)]}\n\n{besides}"]
            instructions = [Message(Role.SYSTEM, sentences[-1])] if number % 3 == 0 else []
            roles = cycle((Role.USER, Role.ASSISTANT))
            found.append((*instructions, *(Message(role, text) for role, text in zip(roles, said, strict=False))))
    return found
